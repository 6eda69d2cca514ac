"""Fit the escalation head: support vector machines over vectors and letter groups, then a calibrated softmax."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.svm import SVC

from embeddings.escalation import CLASSES, EscalationHead, Floats, Softmax
from embeddings.escalation_letters import BUCKETS, letter_groups, weighted_groups
from embeddings.workbench.escalation_corpus import Corpus, Labels, Rows, Scores
from embeddings.workbench.escalation_data import Example

SEED = 7
GAMMA = 1.2
LETTERS = 0.4
"""How much the letter groups weigh beside the vectors."""
PENALTY = 3.0
FOLDS = 3
SEEN_IN = 3
"""A letter group of fewer training messages is no evidence."""

_AS_IT_IS = Softmax(scale=np.eye(len(CLASSES), dtype=np.float32), shift=np.zeros(len(CLASSES), dtype=np.float32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike the messages of a corpus are, by vectors and by letters: kernel (n, n), letters (n, BUCKETS).

    `rarity` is counted over the whole corpus, labels unseen, also where a fold is left out.
    """

    rarity: Floats
    letters: csr_matrix
    kernel: Floats

    @classmethod
    def of(cls, corpus: Corpus) -> Self:
        """The kernel takes 4 n² bytes, and the machines below twice that while they are fitted."""
        texts, vectors = [own[0] for own in corpus.texts], corpus.whole
        rarity = rarity_of(texts)
        letters = letter_matrix(texts, rarity)
        kernel = np.exp(-2.0 * GAMMA * (1.0 - vectors @ vectors.T))
        for start in range(0, len(texts), 1000):  # all at once is slow: the product of sparse rows is full
            kernel[start : start + 1000] += LETTERS * (letters[start : start + 1000] @ letters.T).toarray()
        return cls(rarity=rarity, letters=letters, kernel=kernel)

    def only(self, rows: Rows) -> Self:
        """That of these messages among each other."""
        return replace(self, letters=self.letters[rows], kernel=self.kernel[np.ix_(rows, rows)])


def fit(corpus: Corpus, likeness: Likeness, model_id: str) -> EscalationHead:
    """One machine a class against the rest on the whole texts, over one set of remembered vectors; uncalibrated."""
    vectors, labels = corpus.whole, corpus.labels
    weights, bias = np.zeros((len(labels), len(CLASSES)), dtype=np.float32), np.zeros(len(CLASSES), dtype=np.float32)
    for number in range(len(CLASSES)):
        machine = SVC(C=PENALTY, kernel="precomputed", cache_size=1000).fit(likeness.kernel, labels == number)
        weights[machine.support_, number] = machine.dual_coef_[0]
        bias[number] = machine.intercept_[0]
    kept = np.flatnonzero(weights.any(axis=1))
    return EscalationHead(
        support=vectors[kept],
        weights=weights[kept],
        bias=bias,
        gamma=GAMMA,
        rarity=likeness.rarity,
        letters=np.asarray(LETTERS * (likeness.letters.T @ weights), dtype=np.float32),
        softmax=_AS_IT_IS,
        model_id=model_id,
    )


def rarity_of(texts: Sequence[str]) -> Floats:
    """For each bucket the smoothed inverse document frequency, 0 where too few texts have it: (BUCKETS,)."""
    seen = np.zeros(BUCKETS)
    for text in texts:
        seen[letter_groups(text)[0]] += 1
    rarity = np.log((1 + len(texts)) / (1 + seen)) + 1
    return np.where(seen >= SEEN_IN, rarity, 0.0).astype(np.float32)


def letter_matrix(texts: Sequence[str], rarity: Floats) -> csr_matrix:
    """The weighted letter groups as rows, (n, BUCKETS)."""
    groups = [weighted_groups(text, rarity) for text in texts]
    starts = np.concatenate([[0], np.cumsum([len(buckets) for buckets, _ in groups])])
    columns, values = (np.concatenate(side) for side in zip(*groups, strict=True))
    return csr_matrix((values, columns, starts), shape=(len(texts), BUCKETS))


def folded(corpus: Corpus, likeness: Likeness, mails: Corpus) -> Iterator[tuple[Corpus, Corpus, EscalationHead]]:
    """For each fold its messages and the mails around them, and a head that saw none of their families."""
    families = [example.family for example in corpus.examples]
    splitter = GroupKFold(FOLDS, shuffle=True, random_state=SEED)
    for kept, left_out in splitter.split(families, groups=families):
        unseen = {families[row] for row in left_out}
        around = np.flatnonzero([example.family in unseen for example in mails.examples])
        yield corpus.only(left_out), mails.only(around), fit(corpus.only(kept), likeness.only(kept), "")


def trained(corpus: Corpus, mails: Corpus, model_id: str) -> tuple[EscalationHead, list[Example], Scores]:
    """The calibrated head, and what heads that had not seen them say of the training messages and of `mails`.

    `mails` are long messages around messages of the corpus; nothing is fitted to them.
    """
    likeness = Likeness.of(corpus)
    folds = list(folded(corpus, likeness, mails))
    labels = np.concatenate([part.labels for part, _, _ in folds])
    sums = np.concatenate([head.sums(part.whole, [own[0] for own in part.texts]) for part, _, head in folds])
    softmax = calibrated(sums, labels, folds[0][2].bias)
    judged = [(part, head) for own, around, head in folds for part in (own, around)]
    unseen = [score for part, head in judged for score in part.scores(replace(head, softmax=softmax))]
    examples = [example for part, _ in judged for example in part.examples]
    return replace(fit(corpus, likeness, model_id), softmax=softmax), examples, unseen


def calibrated(sums: Floats, labels: Labels, bias: Floats) -> Softmax:
    """The softmax over the sums of unseen messages. A text unlike anything (sums at the bias) is to be "none"."""
    strange = np.tile(bias, (len(sums) // 20, 1))
    regression = LogisticRegression(C=1.0, max_iter=2000).fit(
        np.vstack([sums, strange]), np.concatenate([labels, np.zeros(len(strange), dtype=np.int64)])
    )
    return Softmax(scale=regression.coef_.T.astype(np.float32), shift=regression.intercept_.astype(np.float32))
