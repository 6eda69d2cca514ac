"""The analysis node: embedding, sentiment, labels and escalation scores of texts, and the judging of passages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Self, TypedDict

from db.records import Analysis, QueryVector
from deployments.agent.language import LanguageDetector
from deployments.runtime.shortest_first import Job, ShortestFirst
from embeddings.encoder import Encoder
from embeddings.escalation import STRETCH, EscalationModel, stretches, strongest
from embeddings.judge import Judgement, PassageJudge
from embeddings.moods import mood
from embeddings.sentiment import SentimentHead
from embeddings.sentiment_model import SentimentModel
from embeddings.ticket_labels import TicketLabelHeads
from embeddings.vector_model import VectorModel

SLICE = 4
"""Short texts that are analysed at a time. Between two slices others get their turn."""
FIXED = 100
"""Characters that take about as long to read as the fixed part of an analysis; without it empty texts cost nothing."""


class Heads(TypedDict):
    """What an analysis node has beside its encoder and what reads its vectors."""

    escalation: EscalationModel
    languages: LanguageDetector
    judge: PassageJudge


class AnalysisNode:
    """Encodes in one thread, which keeps the event loop free; more would not help, as the encoder has one core.

    Short texts go first: an ordinary question does not wait until others' long texts are read. A long text is read a
    stretch at a time, and has a limited number of them.
    """

    def __init__(
        self,
        *,
        encoder: Encoder,
        sentiment: SentimentHead,
        labels: TicketLabelHeads,
        escalation: EscalationModel,
        languages: LanguageDetector,
        judge: PassageJudge,
        moods: SentimentModel | None = None,
    ) -> None:
        """With `moods` the team's classifier reads the mood, not the head.

        Raises HeadNotUsableError when a head reads vectors of another encoder.
        """
        self._vectors = VectorModel(encoder=encoder, sentiment=sentiment, labels=labels)
        self._languages = languages
        self._escalation = escalation
        self._unsure_below: float | None = None
        self._judge = judge
        self._moods = moods
        self._moods_in = moods.labels.languages if moods else frozenset({"en"})
        self._reading = ShortestFirst(thread="encoder")

    @classmethod
    def with_shipped_heads(cls, encoder: Encoder) -> Self:
        """Return the node with the heads beside the encoder and all that ships; raises HeadNotUsableError."""
        return cls.over(VectorModel.of(encoder))

    @classmethod
    def over(cls, vectors: VectorModel) -> Self:
        """Return the node over an encoder and its heads, with all that ships; raises HeadNotUsableError."""
        heads = shipped_heads()
        return cls(encoder=vectors.encoder, sentiment=vectors.sentiment, labels=vectors.labels, **heads)

    @property
    def model_id(self) -> str:
        """The id of the encoder that makes the vectors."""
        return self._vectors.encoder.model_id

    def put_in_force(self, vectors: VectorModel) -> None:
        """Use another encoder and its heads from the next text on; a text is read by one of them whole."""
        self._vectors = vectors if self._unsure_below is None else vectors.unsure_below(self._unsure_below)

    def put_tuned(self, escalation: EscalationModel, unsure_below: float) -> None:
        """Use another classifier of escalation, and another bound of a known category, from the next text on."""
        self._escalation, self._unsure_below = escalation, unsure_below
        self._vectors = self._vectors.unsure_below(unsure_below)

    async def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        """Return the L2-normalised vector, sentiment, labels and escalation scores of each text, in order.

        Both heads know English only: in another language the sentiment is what words and signs tell, if they do, and
        there are no labels. A team's classifier says which languages it knows.

        A cancelled call ends after the piece that runs: a thread can't be stopped.
        """
        job = self._reading.job(sum(map(_size, texts)))
        analyses: list[Analysis] = []
        for some in _slices(texts):
            read = self._read_short(job, some) if len(some[0]) <= STRETCH else self._read_long(job, some[0])
            analyses += await read
        return analyses

    async def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        """Return the L2-normalised vector of each text, in order."""
        return await self._embed(self._vectors, texts)

    async def embed_query(self, text: str) -> QueryVector:
        """Return the vector of one text."""
        vectors = self._vectors
        [vector] = await self._embed(vectors, [text])
        return QueryVector(model_id=vectors.encoder.model_id, vector=vector)

    async def _embed(self, vectors: VectorModel, texts: Sequence[str]) -> list[tuple[float, ...]]:
        size = sum(map(_size, texts))
        rows = await self._reading.run(self._reading.job(size), size, partial(vectors.encoder.encode, list(texts)))
        return [tuple(row) for row in rows.tolist()]

    async def judge(self, question: str, passages: Sequence[str], cosines: Sequence[float]) -> Judgement:
        """Return what PassageJudge says of passages, in order, that a search found for a question."""
        work = partial(self._judge.judge, question, list(passages), list(cosines))
        return await self._reading.run(self._reading.job(_size(question)), _size(question), work)

    async def _read_short(self, job: Job, texts: list[str]) -> list[Analysis]:
        def read() -> list[Analysis]:
            return self._analyses(texts, self._escalation.message_scores(texts))

        return await self._reading.run(job, sum(map(_size, texts)), read)

    async def _read_long(self, job: Job, text: str) -> list[Analysis]:
        cut = await self._reading.run(job, 0, partial(stretches, text))
        piece = _size(text) / (len(cut) + 1)
        scores: list[dict[str, float]] = []
        escalation = self._escalation
        for stretch in cut:
            scores += await self._reading.run(job, piece, partial(escalation.message_scores, [stretch]))
        return await self._reading.run(job, piece, partial(self._analyses, [text], [strongest(scores)]))

    def _analyses(self, texts: list[str], escalations: Sequence[dict[str, float]]) -> list[Analysis]:
        """Return the analyses of texts whose escalation scores are known."""
        model = self._vectors
        vectors = model.encoder.encode(texts)
        sentiments = self._moods.score(texts) if self._moods else model.sentiment.score(texts, vectors)
        labels = model.labels.labels(vectors)
        languages = [self._languages.detect(text) for text in texts]
        return [
            Analysis(
                model_id=model.encoder.model_id,
                vector=tuple(vector.tolist()),
                sentiment=float(sentiment) if language in self._moods_in else mood(text, language),
                escalation=escalation,
                labels=label if language == "en" else None,
            )
            for text, language, vector, sentiment, label, escalation in zip(
                texts, languages, vectors, sentiments, labels, escalations, strict=True
            )
        ]


def shipped_heads() -> Heads:
    """Load what ships and reads no vectors; raises HeadNotUsableError."""
    return Heads(
        escalation=EscalationModel.load(),
        languages=LanguageDetector(),
        judge=PassageJudge.load(),
    )


def _size(text: str) -> int:
    return FIXED + len(text)


def _slices(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the texts in order, up to SLICE short ones together, each one longer than a stretch alone."""
    short: list[str] = []
    for text in texts:
        if short and (len(text) > STRETCH or len(short) == SLICE):
            yield short
            short = []
        if len(text) > STRETCH:
            yield [text]
        else:
            short.append(text)
    if short:
        yield short
