"""What time a decision is stamped with."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def now() -> str:
    """Return the time as UTC to the second, ``2026-11-24T09:30:00Z``.

    ``SOURCE_DATE_EPOCH`` (seconds since 1970, see reproducible-builds.org) fixes it, so that the same
    decisions make the same bytes.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
