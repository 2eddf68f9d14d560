"""What identifies a work: DOI, arXiv id, and the addresses that stand for one work each, in one form."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

from workbench.store.bibliography import Entry

_ARXIV_ID = r"(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})"
_ARXIV = re.compile(rf"^(?:arxiv\s*:?\s*)?{_ARXIV_ID}(?:v\d+)?(?:\s*\[[\w.-]+\])?$", re.IGNORECASE)
_ARXIV_URL = re.compile(
    r"(?:arxiv\.org|alphaxiv\.org|ar5iv\.\w+(?:\.\w+)?)/(?:abs|pdf|html|e-print|format)/" + _ARXIV_ID,
    re.IGNORECASE,
)
_HF_PAPER = re.compile(r"huggingface\.co/papers/(\d{4}\.\d{4,5})", re.IGNORECASE)
_ARXIV_DOI = re.compile(rf"^10\.48550/arxiv\.{_ARXIV_ID}(?:v\d+)?$", re.IGNORECASE)
_ARXIV_WORDS = re.compile(
    rf"arxiv(?:\s+preprint)?(?:\s+arxiv)?\s*[:\s]\s*{_ARXIV_ID}|corr,?\s+abs/{_ARXIV_ID}", re.IGNORECASE
)
_DOI = re.compile(r"10\.\d{4,9}/[^\s{}\\]+")
#: Hosts whose addresses stand for one work each. Others (a project's page, a badge) identify nothing.
STABLE_HOSTS = re.compile(
    r"(^|\.)(aclanthology\.org|aclweb\.org|openreview\.net|proceedings\.mlr\.press|papers\.nips\.cc|nips\.cc|"
    r"proceedings\.neurips\.cc|neurips\.cc|ijcai\.org|aaai\.org|icml\.cc|iclr\.cc|openaccess\.thecvf\.com|"
    r"dl\.acm\.org|ieeexplore\.ieee\.org|link\.springer\.com|jmlr\.org|nature\.com|science\.org|"
    r"sciencedirect\.com|ssrn\.com|biorxiv\.org|medrxiv\.org|osf\.io|zenodo\.org|isca-archive\.org|"
    r"usenix\.org|ndss-symposium\.org|lesswrong\.com|alignmentforum\.org|transformer-circuits\.pub|"
    r"distill\.pub|hal\.science|eprint\.iacr\.org|psyarxiv\.com)$"
)


def arxiv_id(text: str) -> str:
    """Return the arXiv id that an id, address, DOI or ``eprint`` value names; else empty.

    Without version, and without the subject class of the old form: ``math.GT/0309136`` is ``math/0309136``.
    """
    text = text.strip()
    found = _ARXIV.match(text) or _ARXIV_DOI.match(text) or _ARXIV_URL.search(text) or _HF_PAPER.search(text)
    if found is None and (name := _DOI.search(unquote(text))):
        found = _ARXIV_DOI.match(name[0].rstrip(".,;"))
    return re.sub(r"\.[A-Za-z]{2}/", "/", found[1]).lower() if found else ""


def arxiv_in_words(text: str) -> str:
    """Return the arXiv id in words such as ``arXiv preprint arXiv:2306.10010``; else empty."""
    found = _ARXIV_WORDS.search(text)
    return (found[1] or found[2]) if found else ""


def arxiv_year(identifier: str) -> int | None:
    """Return the year an arXiv id was given in."""
    digits = re.search(r"(?:^|/)(\d\d)\d\d", identifier)
    if not digits:
        return None
    year = int(digits[1])
    return 1900 + year if year > 90 else 2000 + year


def doi(text: str) -> str:
    """Return a DOI in lower case without address, or empty; arXiv's own DOIs are arXiv ids, not DOIs."""
    found = _DOI.search(unquote(text))
    if not found:
        return ""
    name = found[0].rstrip(".,;").lower()
    if name.endswith(")") and name.count(")") > name.count("("):
        name = name[:-1]
    return "" if _ARXIV_DOI.match(name) else name


def address(text: str) -> str:
    """Return a web address that can stand in a file as it is, or empty."""
    text = text.strip()
    if not re.match(r"https?://(?!img\.shields\.io)[^\s/]+", text, re.IGNORECASE):  # a badge is no address
        return ""
    return (
        text.translate({ord("{"): "%7B", ord("}"): "%7D", ord("\\"): "%5C", ord(" "): "%20", ord("<"): "%3C"})
        if not re.search(r"[\t\n]", text)
        else ""
    )


@lru_cache(maxsize=65536)
def stable(url: str) -> str:
    """Return what identifies a work in its address (``acl:2022.acl-long.1``), or empty."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""
    path = unquote(parts.path).rstrip("/")
    if not STABLE_HOSTS.search(host) or not path:
        return ""
    if host.endswith("openreview.net"):
        ids = parse_qs(parts.query).get("id", [])
        return f"openreview:{ids[0]}" if ids else ""
    if host.endswith(("aclanthology.org", "aclweb.org")):
        name = path.rsplit("/", 1)[-1]
        return "acl:" + re.sub(r"(v\d)?\.(pdf|bib)$", "", name).lower()
    if "nips.cc" in host or "neurips.cc" in host:
        digest = re.search(r"[0-9a-f]{32}", path)
        if digest:
            return f"neurips:{digest[0]}"
    if host.endswith("proceedings.mlr.press"):
        volume = re.search(r"/(v\d+)/([\w-]+)", path)
        return f"pmlr:{volume[1]}/{volume[2]}" if volume else ""
    if host.endswith(("lesswrong.com", "alignmentforum.org")):
        post = re.search(r"/posts/(\w+)", path)
        return f"post:{post[1]}" if post else ""
    if path.count("/") == 1 and not re.search(r"\d", path) and not parts.query:
        return ""  # a host's section, not a work
    return f"url:{host}{re.sub(r'[.](pdf|html?)$', '', path)}" + (f"?{parts.query}" if parts.query else "")


def identifiers(entry: Entry) -> set[str]:
    """Return every identifier of a work in one form: ``doi:``, ``arxiv:``, ``acl:``, ``url:`` and others."""
    found = set()
    for kind, value in (
        ("doi", entry.doi),
        ("arxiv", entry.arxiv_id),
        ("url", entry.url),
        *(tuple(o.split(":", 1)) for o in entry.other_ids),
    ):
        if not value:
            continue
        if kind == "arxiv":
            found.add(f"arxiv:{value.lower()}")
        elif kind == "doi":
            found.add(f"doi:{value}")
            if anthology := re.match(r"10\.18653/v1/(.+)", value):
                found.add(f"acl:{anthology[1]}")
        elif identifier := arxiv_id(value):
            found.add(f"arxiv:{identifier.lower()}")
        elif re.match(r"https?://(dx\.)?doi\.org/", value) and (name := doi(value)):
            found.add(f"doi:{name}")
        elif name := stable(value):
            found.add(name)
    return found


def derivable(url: str, entry: Entry) -> bool:
    """Say whether an address follows from an entry's DOI or arXiv id and adds nothing."""
    identifier = arxiv_id(url)
    if identifier:
        return identifier == entry.arxiv_id or f"arxiv:{identifier}" in entry.other_ids
    return bool(re.match(r"https?://(dx\.)?doi\.org/", url)) and doi(url) == entry.doi != ""
