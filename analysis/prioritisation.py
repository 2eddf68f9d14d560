"""Which record to read next, by stream, at random, or by a learner trained on the decisions so far?

The learner is the usual one of active learning for screening: words and pairs of words of title and abstract, weighted
by TF-IDF, and a logistic regression whose classes are balanced (certainty sampling: what looks most like an included
record comes first; the set-up of Wallace et al. 2010, BMC Bioinformatics 11:55, with the classifier that ASReview
offers as ``logistic``, van de Schoot et al. 2021, Nature Machine Intelligence 3). Its score orders records; it is no
probability that a record is in, and no decision. Whether one may stop is asked of ``analysis.stopping``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Orders of reading.
ORDERS = ("group", "random", "learner")
#: Decisions of each kind below which a score is not worth looking at: a convention.
FEW = 10
SEED = 20261125


@dataclass(frozen=True)
class Words:
    """Texts as the learner sees them: made once, used for every training.

    Attributes:
        papers: keys, sorted.
        matrix: sparse, a row a paper, a column a word or pair of words; rows have length 1 (or 0 without a text).
    """

    papers: tuple[str, ...]
    matrix: Any


def at_random(papers: Iterable[str], seed: int | str = SEED) -> list[str]:
    """Return the papers in a random order that does not depend on which others there are.

    They are sorted by a digest of the seed and their key, so the order of old records stays when new ones join.
    """
    return sorted(papers, key=lambda p: _ticket(seed, p))


def by_stream(
    papers: Iterable[str],
    streams: Mapping[str, Sequence[str]],
    known: Sequence[str],
    seed: int | str = SEED,
) -> list[str]:
    """Return the papers stream by stream, at random within each.

    Args:
        papers: keys.
        streams: paper -> its streams; it stands with the first of them in the order of ``known``.
        known: the order of streams; papers of none of them come last.
        seed: of the order within a stream.
    """
    place = {stream: n for n, stream in enumerate(known)}
    return sorted(
        papers,
        key=lambda p: (
            min((place[s] for s in streams.get(p, ()) if s in place), default=len(place)),
            _ticket(seed, p),
        ),
    )


def _ticket(seed: int | str, paper: str) -> str:
    return hashlib.sha256(f"reading/{seed}/{paper}".encode()).hexdigest()


def words(texts: Mapping[str, str]) -> Words:
    """Return texts as the learner sees them.

    Args:
        texts: paper -> title and abstract, or the title alone; at least one word among them all.

    Raises:
        ValueError: there is no word in any text.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    papers = tuple(sorted(texts))
    given = [texts[p] for p in papers]
    # What stands in one text only tells nothing of another; where that is all there is, it is kept.
    for least in (2, 1):
        make = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english", min_df=least)
        try:
            return Words(papers, make.fit_transform(given))
        except ValueError:
            if least == 1:
                raise ValueError("there is no word in any text: the learner has nothing to go by") from None
    raise AssertionError("one of the two returned or raised")


def scores(of: Words, decided: Mapping[str, bool]) -> dict[str, float]:
    """Score every paper by how much it looks like the included ones.

    Args:
        of: the texts.
        decided: paper -> included (True) or excluded (False); papers without a text are passed over.

    Returns:
        paper -> score from 0 (like the excluded) to 1 (like the included), decided ones too. Empty until there is one
        decision of each kind. The same decisions give the same scores, whatever their order.
    """
    from sklearn.linear_model import LogisticRegression

    row = {p: n for n, p in enumerate(of.papers)}
    seen = sorted(p for p in decided if p in row)
    if len({decided[p] for p in seen}) < 2:
        return {}
    # The dual is far quicker where words outnumber records; its steps are shuffled by the seed.
    model = LogisticRegression(class_weight="balanced", solver="liblinear", dual=True, random_state=0)
    model.fit(of.matrix[[row[p] for p in seen]], [decided[p] for p in seen])
    values = model.predict_proba(of.matrix)[:, 1]
    return dict(zip(of.papers, map(float, values), strict=True))


def by_score(papers: Iterable[str], score: Mapping[str, float], seed: int | str = SEED) -> list[str]:
    """Return the papers with the highest score first; those without one last, ties and they at random."""
    return sorted(papers, key=lambda p: (-score.get(p, -1.0), _ticket(seed, p)))


def drawn_at_random(read: Sequence[str], left: Iterable[str], seed: int | str = SEED) -> int:
    """Count the latest records that were read in the random order, as can be told from what was read.

    A record was drawn at random if it was the first in the random order of all that were then unread. Nothing has to
    be remembered: who reads in another order, or picks a record, breaks the run. A record read in another order is
    taken for a draw by accident once in as many times as there were records left.

    Args:
        read: records in the order in which they were first decided.
        left: those not yet decided.
        seed: of the random order.

    Returns:
        How many of ``read``, counted from its end.
    """
    least = min((_ticket(seed, p) for p in left), default="~")  # "~" sorts after every digest
    run = 0
    for paper in reversed(read):
        mine = _ticket(seed, paper)
        if mine > least:
            break
        least = mine
        run += 1
    return run
