"""A small survey folder, written by the workbench's own writers."""

from __future__ import annotations

import os
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from workbench.store.coders import Coder, coder_path, coder_text
from workbench.store.files import replace_all, rows_text, writing
from workbench.store.tables import RECORDS
from workbench.store.texts import ABSTRACTS, Text, abstracts_text

# How long an example takes depends on the machine; times are measured by `make bench`.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# What the tests keep in a user's state folder is not for the user who runs them; processes inherit it.
STATE = tempfile.TemporaryDirectory(prefix="survey-tests-")
os.environ["XDG_STATE_HOME"] = STATE.name

SCHEMA = """\
version: "0.1"
title: A small survey
purpose: To try the workbench.
frozen: {sides: "", definitions: ""}
levels:
  - {id: mentions, definition: Named only.}
  - {id: argues, definition: Reasoned.}
  - {id: demonstrates, definition: Shown by a case.}
  - {id: measures, definition: A number for the mode itself.}
roles:
  - {id: own-result, definition: Their own.}
  - {id: background, definition: Of others.}
  - {id: future-work, definition: To be done.}
mitigates:
  - {id: "no", definition: Nothing offered.}
  - {id: "yes", definition: Something offered.}
  - {id: measured, definition: Offered and measured.}
goodhart_variants:
  - {id: causal, definition: The proxy is moved without the target.}
  - {id: none, definition: Not a case of it.}
sides:
  - {id: evaluation, definition: The proxy is a score.}
  - {id: alignment, definition: The proxy is a reward.}
facets:
  - id: stream
    name: Evidence stream
    question: Where does the evidence come from?
    cardinality: {min: 1, max: null}
    assessable_from: title
    codes:
      - {id: llm-as-judge, name: Judges, definition: A model judges.}
      - {id: reward-hacking, name: Rewards, definition: A reward is gamed.}
  - id: optimisation_pressure
    name: Pressure
    question: Which pressure is at work?
    cardinality: {min: 1, max: 2}
    principal: true
    assessable_from: abstract
    codes:
      - {id: training, name: Training, definition: Weights move.}
      - {id: selection, name: Selection, definition: The best is picked.}
  - id: proxy
    name: Proxy
    question: What stands for the property?
    cardinality: {min: 0, max: null}
    assessable_from: abstract
    codes:
      - {id: benchmark-score, name: Benchmark score, definition: A score.}
      - {id: judge-verdict, name: Verdict, definition: What a judge says.}
      - {id: disclosure, name: Disclosure, definition: What is told., assessable_from: full-text}
  - id: latent
    name: Property
    question: What does it stand for?
    cardinality: {min: 0, max: null}
    assessable_from: abstract
    codes:
      - {id: capability, name: Capability, definition: What it can do.}
      - {id: preference, name: Preference, definition: What people want.}
  - id: failure_mode
    name: Failure mode
    question: How does the proxy fail?
    cardinality: {min: 0, max: null}
    levelled: true
    assessable_from: abstract
    codes:
      - id: judge-bias
        name: Judge bias
        definition: The judge prefers what is not better.
        include_when: A judge is swayed.
        exclude_when: A human is swayed.
        side: evaluation
        goodhart: causal
        neighbours:
          - {id: reward-gaming, rule: Nothing is trained here.}
        counterparts:
          - {id: reward-gaming, reason: The judge is the reward.}
        good: Longer answers win.
        bad: Better answers win.
        example_keys: [e1]
      - id: reward-gaming
        name: Reward gaming
        definition: The reward rises, the aim does not.
        include_when: A policy is trained.
        exclude_when: Nothing is trained.
        side: alignment
        goodhart: causal
        neighbours:
          - {id: judge-bias, rule: Something is trained here.}
        counterparts:
          - {id: judge-bias, reason: The reward is the judge.}
        good: Tests are edited.
        bad: Tests are passed.
        example_keys: [e2]
      - id: weak-oversight
        name: Weak oversight
        definition: The overseer cannot tell.
        include_when: Oversight misses something.
        exclude_when: Oversight is absent.
        side: alignment
        goodhart: none
        assessable_from: full-text
        neighbours:
          - {id: reward-gaming, rule: The overseer gives no reward.}
        good: An error goes unseen.
        bad: Nobody looked.
        example_keys: [e3]
screening:
  question: Does it bear on a proxy?
  criteria:
    - {id: proxy, definition: It names a proxy.}
  reasons:
    - {id: other-field, definition: Another field.}
    - {id: other-system, definition: Another kind of system.}
sampling:
  seed: 7
  split_year: 2024
  block: 4
  included: 12
  per_stream: 3
  before_split: 2
  limit: 40
rules:
  - {id: r1, text: Code what it says.}
"""

CODERS = (
    Coder("pass-a", "language-model", "a model", "2026-11-24"),
    Coder("pass-b", "language-model", "a model", "2026-11-24"),
    Coder("eva", "human", "Eva", "2026-11-24"),
)

#: When everything in the tests is decided: see `workbench.store.clock`.
EPOCH = "1795500000"

#: By number modulo five: 24 records about judges, 24 about rewards (the rarer stream wins), 12 about neither.
GUESSED = ("llm-as-judge", "llm-as-judge", "llm-as-judge;reward-hacking", "reward-hacking", "")


#: The survey as it stood with 225 coded papers: numbers are asserted of it, and never of the survey that grows.
#: Made by `tar --sort=name --owner=0 --group=0 -c corpus coding_schema claims survey.yaml | xz -9e`.
PILOT = Path(__file__).parent / "fixtures/pilot.tar.xz"


@pytest.fixture(scope="session")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the pilot survey, once a session; a test that writes takes a copy."""
    root = tmp_path_factory.mktemp("pilot")
    with tarfile.open(PILOT) as packed:
        packed.extractall(root, filter="data")
    return root


@pytest.fixture(autouse=True)
def one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where as many tests run as there are cores, no test starts processes beside itself unless it asks for cores."""
    monkeypatch.setattr("os.cpu_count", lambda: 1)


@pytest.fixture
def survey(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sixty papers p01 to p60 from 2022 to 2025; of p59 no abstract is in hand, p60 is grey."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", EPOCH)
    return small_survey(tmp_path / "survey")


def small_survey(root: Path) -> Path:
    """Write the survey of the fixture into a new folder."""
    root.mkdir()
    texts = [
        Text(
            f"p{n:02}",
            f"On the proxy number {n}",
            f"We look at proxy {n} and find that its score went up while the thing it stands for did not move "
            f"at all in {n} of our trials.",
        )
        for n in range(1, 61)
        if n != 59
    ]
    digests = {t.paper: t.digest for t in texts}
    records = [
        {
            "paper": (paper := f"p{n:02}"),
            "first_public": str(2022 + n % 4),
            "verified": "yes",
            "grey": "yes" if n == 60 else "no",
            "guessed_streams": GUESSED[n % 5],
            "text_sha256": digests.get(paper, ""),
            "stratum": "",
        }
        for n in range(1, 61)
    ]
    with writing(root):
        replace_all(
            root,
            {
                "coding_schema/schema.yaml": SCHEMA,
                **{coder_path(c.id): coder_text(c) for c in CODERS},
                RECORDS.path: rows_text(RECORDS, records),
                ABSTRACTS: abstracts_text(texts),
            },
        )
    return root
