"""How likely is a record to be included, by the words of its title and abstract?

A probability for every record of a sampling frame, so that estimates can be calibrated to it. A record that was
screened must not be scored by a learner that saw its own decision: its score would tell that decision. Screened records
are therefore cross-fitted: each is scored by a learner trained on the other folds (Chernozhukov et al. 2018, The
Econometrics Journal 21, section 3). All others are scored by the learner trained on all decisions.

The learner: TF-IDF of single words, the title counted twice, sublinear, without English stop words, over all texts of
the frame; a logistic regression (L2, C = 3), classes as they come, so that the score estimates the share included among
screened records that read alike. It says nothing of records unlike those screened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

FOLDS = 5
#: Decisions of each kind below which no record is scored.
FEW = 10
SEED = 20261130
STRENGTH = 3.0


def inclusion(texts: Mapping[str, tuple[str, str]], decided: Mapping[str, bool]) -> dict[str, float]:
    """Return for every record the probability that it is included.

    Args:
        texts: record -> its title and its abstract.
        decided: record -> included (True) or excluded (False); records without a text are passed over.

    Returns:
        record -> probability, 0 to 1; empty where there are fewer than ``FEW`` decisions of either kind. The same
        texts and decisions give the same probabilities, whatever their order, up to the arithmetic of the machine
        (differences below one in a million).
    """
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    papers = sorted(texts)
    seen = [n for n, paper in enumerate(papers) if paper in decided]
    labels = np.array([decided[papers[n]] for n in seen], dtype=bool)
    if labels.sum() < FEW or (~labels).sum() < FEW:
        return {}
    make = TfidfVectorizer(sublinear_tf=True, stop_words="english", min_df=2)
    matrix = make.fit_transform([f"{texts[p][0]} {texts[p][0]} {texts[p][1]}" for p in papers])

    def trained(rows: list[int], given: np.ndarray) -> LogisticRegression:
        return LogisticRegression(C=STRENGTH, max_iter=1000, tol=1e-8).fit(matrix[rows], given)

    values = trained(seen, labels).predict_proba(matrix)[:, 1]
    folds = np.array(_folds([papers[n] for n in seen], labels.tolist()))
    for fold in range(FOLDS):
        rest = [n for n, f in zip(seen, folds, strict=True) if f != fold]
        mine = [n for n, f in zip(seen, folds, strict=True) if f == fold]
        values[mine] = trained(rest, labels[folds != fold]).predict_proba(matrix[mine])[:, 1]
    return dict(zip(papers, map(float, values), strict=True))


def _folds(papers: list[str], labels: list[bool]) -> list[int]:
    """Return the fold of each screened record: in the order of a digest of seed and key, dealt out within its kind."""
    fold: dict[str, int] = {}
    for kind in (True, False):
        mine = [p for p, label in zip(papers, labels, strict=True) if label is kind]
        mine.sort(key=lambda p: hashlib.sha256(f"inclusion/{SEED}/{p}".encode()).hexdigest())
        fold |= {p: n % FOLDS for n, p in enumerate(mine)}
    return [fold[p] for p in papers]
