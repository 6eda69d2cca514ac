"""Fit the escalation head: support vector machines over vectors and letter groups, then a calibrated softmax."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.svm import SVC

from embeddings.encoder import Encoder
from embeddings.escalation import CLASSES, EscalationHead, Floats, Softmax, message_scores, split_for_escalation
from embeddings.escalation_letters import BUCKETS, letter_groups, weighted_groups
from embeddings.workbench.escalation_data import Example

SEED = 7
GAMMA = 1.2
LETTERS = 0.4
"""How much the letter groups weigh beside the vectors."""
PENALTY = 3.0
FOLDS = 5
SEEN_IN = 3
"""A letter group of fewer training messages is no evidence."""

Labels = NDArray[np.int64]
Rows = NDArray[np.intp]
Scores = list[dict[str, float]]
_AS_IT_IS = Softmax(scale=np.eye(len(CLASSES), dtype=np.float32), shift=np.zeros(len(CLASSES), dtype=np.float32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """Messages as the analysis node sees them: each its whole text and its parts, and a vector (k + 1, d) of each."""

    examples: list[Example]
    texts: list[list[str]]
    vectors: list[Floats]

    @property
    def whole(self) -> Floats:
        """The vectors of the whole texts, (n, d)."""
        return np.stack([own[0] for own in self.vectors])

    @property
    def labels(self) -> Labels:
        """Column numbers of CLASSES."""
        return np.array([CLASSES.index(example.label) for example in self.examples])

    def only(self, rows: Rows) -> Corpus:
        """The messages of these rows."""
        return Corpus(
            examples=[self.examples[row] for row in rows],
            texts=[self.texts[row] for row in rows],
            vectors=[self.vectors[row] for row in rows],
        )

    def scores(self, head: EscalationHead) -> Scores:
        """As the analysis node scores: the strongest of the whole text and its parts."""
        both = zip(self.vectors, self.texts, strict=True)
        return [message_scores(head, own[0], own[1:], texts) for own, texts in both]


def encoded(encoder: Encoder, examples: Sequence[Example]) -> Corpus:
    """Encode whole texts and parts."""
    whole = [f"{example.subject}\n{example.text}" if example.subject else example.text for example in examples]
    texts = [[text, *split_for_escalation(text)] for text in whole]
    vectors = encoder.encode([text for own in texts for text in own])
    ends = np.cumsum([len(own) for own in texts])[:-1]
    return Corpus(examples=list(examples), texts=texts, vectors=np.split(vectors, ends))


def fit(corpus: Corpus, model_id: str) -> EscalationHead:
    """One machine a class against the rest on the whole texts, over one set of remembered vectors; uncalibrated."""
    texts, vectors, labels = [own[0] for own in corpus.texts], corpus.whole, corpus.labels
    rarity = rarity_of(texts)
    letters = letter_matrix(texts, rarity)
    kernel = np.exp(-2.0 * GAMMA * (1.0 - vectors @ vectors.T)) + LETTERS * (letters @ letters.T).toarray()
    weights, bias = np.zeros((len(texts), len(CLASSES)), dtype=np.float32), np.zeros(len(CLASSES), dtype=np.float32)
    for number in range(len(CLASSES)):
        machine = SVC(C=PENALTY, kernel="precomputed").fit(kernel, labels == number)
        weights[machine.support_, number] = machine.dual_coef_[0]
        bias[number] = machine.intercept_[0]
    kept = np.flatnonzero(weights.any(axis=1))
    return EscalationHead(
        support=vectors[kept],
        weights=weights[kept],
        bias=bias,
        gamma=GAMMA,
        rarity=rarity,
        letters=np.asarray(LETTERS * (letters.T @ weights), dtype=np.float32),
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


def folded(corpus: Corpus) -> Iterator[tuple[Corpus, EscalationHead]]:
    """For each fold its messages, and a head that saw none of their families."""
    families = [example.family for example in corpus.examples]
    splitter = GroupKFold(FOLDS, shuffle=True, random_state=SEED)
    for kept, left_out in splitter.split(families, groups=families):
        yield corpus.only(left_out), fit(corpus.only(kept), "")


def trained(corpus: Corpus, model_id: str) -> tuple[EscalationHead, list[Example], Scores]:
    """The calibrated head, and what heads that had not seen them say of the training messages."""
    folds = list(folded(corpus))
    labels = np.concatenate([part.labels for part, _ in folds])
    sums = np.concatenate([head.sums(part.whole, [own[0] for own in part.texts]) for part, head in folds])
    softmax = calibrated(sums, labels, folds[0][1].bias)
    unseen = [score for part, head in folds for score in part.scores(replace(head, softmax=softmax))]
    examples = [example for part, _ in folds for example in part.examples]
    return replace(fit(corpus, model_id), softmax=softmax), examples, unseen


def calibrated(sums: Floats, labels: Labels, bias: Floats) -> Softmax:
    """The softmax over the sums of unseen messages. A text unlike anything (sums at the bias) is to be "none"."""
    strange = np.tile(bias, (len(sums) // 20, 1))
    regression = LogisticRegression(C=1.0, max_iter=2000).fit(
        np.vstack([sums, strange]), np.concatenate([labels, np.zeros(len(strange), dtype=np.int64)])
    )
    return Softmax(scale=regression.coef_.T.astype(np.float32), shift=regression.intercept_.astype(np.float32))
