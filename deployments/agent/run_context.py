"""The state of one run. Tools read the customer and the recipient from here, never from the model's arguments."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from db.pool import DatabaseUnavailableError
from db.records import Analysis, ChannelConfig, Passage, Priority, QueryVector, TicketLabels, ToolCall, Turn
from deployments.channels.traits import TRAITS
from deployments.rules.company import Company
from deployments.rules.escalation import at_least
from deployments.rules.formatting import clean_name
from deployments.runtime.retries import NodeUnavailableError
from embeddings.arrays import Floats
from embeddings.judge import Judgement
from embeddings.relevance import Relevance, RelevanceGate

Phase = Literal["new", "opened", "history", "searched", "answered", "escalated"]

FENCE = ("<customer_message>", "</customer_message>")
"""The tags around a customer's text in model input."""

_NAME_WORDS = 3
_FENCES = re.compile(r"</?\s*customer_message\s*>", re.IGNORECASE)


def without_fences(text: str) -> str:
    """Return a customer's text without FENCE tags, also those that appear once an inner tag is removed."""
    while (cleaned := _FENCES.sub("", text)) != text:
        text = cleaned
    return text


def fenced_line(text: str, limit: int = 200) -> str:
    """Return a customer's text between FENCE tags on one line, where it can start no section; '' for an empty one."""
    line = " ".join(without_fences(text).split())[:limit]
    return line.join(FENCE) if line else ""


def subject_of(turn: Turn) -> str:
    """Return the subject of a conversation's first message; '' where the channel has none, and later on."""
    first = TRAITS[turn.channel].has_subject and not turn.earlier  # later mails only repeat it
    return without_fences(turn.ticket.subject).strip() if first else ""


def text_of(turn: Turn) -> str:
    """Return the customer's text of a turn, behind the subject if there is one."""
    text, subject = without_fences(turn.text).strip(), subject_of(turn)
    return f"{subject}\n\n{text}".strip() if subject else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The result of checking a draft: the text to send and the slugs of the passages it rests on, or a `problem`."""

    text: str
    sources: tuple[str, ...] = ()
    problem: str | None = None


class PassageSearch(Protocol):
    """Finds the `limit` passages nearest to a vector (d,) of `model_id`, best first, in one category or in all.

    Raises DatabaseUnavailableError.
    """

    async def __call__(
        self, model_id: str, vector: Floats, *, limit: int, category: str | None
    ) -> Sequence[Passage]: ...


class QueryAnalysis(Protocol):
    """What the analysis node does for a search; raises NodeUnavailableError."""

    async def embed_query(self, text: str) -> QueryVector:
        """Return the vector of a query."""
        ...

    async def judge(self, question: str, passages: Sequence[str], cosines: Sequence[float]) -> Judgement:
        """Return what speaks for each passage."""
        ...


class SearchServices(Protocol):
    """What a search of the knowledge base needs."""

    @property
    def search(self) -> PassageSearch: ...
    @property
    def analysis(self) -> QueryAnalysis: ...
    @property
    def gate(self) -> RelevanceGate: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the tools call. `clock` is monotonic, in seconds.

    `review` checks a draft against the passages found; its last argument is RunContext.customer_names. `company` is
    the one in whose name is answered.
    """

    search: PassageSearch
    analysis: QueryAnalysis
    gate: RelevanceGate
    review: Callable[[str, Sequence[Passage], Sequence[str]], Review]
    clock: Callable[[], float]
    company: Company


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search of the knowledge base: its passages, the likeliest answer first, and whether that one answers.

    `options` are the titles of those that the customer may have meant, if none answers.
    """

    query: str
    category: str | None
    passages: tuple[Passage, ...]
    relevance: Relevance
    options: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class RunContext:
    """The state of one run, of one turn.

    `question` is the query of the first search, `choice` the title that the customer chose when we had asked which
    they mean. `reply` and `reason` are the outcome, `rule` names what decided it, `note` is the model's summary for the
    person who takes over. `problems` are those of refused drafts. `unavailable` is the error of a tool call that could
    not reach the database or another node. `labels` are those that this turn gives its ticket, which bears them
    already. `translate` returns the English of each sentence of a draft, None when the model failed at it; it is set
    where a remote model answers in a language that is checked by translation.
    """

    turn: Turn
    analysis: Analysis
    config: ChannelConfig
    services: Services
    question: str = ""
    choice: str = ""
    attachments: tuple[str, ...] = ()
    language: str = "en"
    phase: Phase = "new"
    searches: list[Search] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    reply: Review | None = None
    reason: str | None = None
    rule: str = ""
    note: str = ""
    scores: dict[str, float] = field(default_factory=dict)
    priority: Priority = "medium"
    unavailable: DatabaseUnavailableError | NodeUnavailableError | None = None
    labels: TicketLabels | None = None
    translate: Callable[[Sequence[str]], Awaitable[list[str] | None]] | None = None
    tool_failed: bool = False

    def __post_init__(self) -> None:
        self.priority = self.turn.ticket.priority

    def raise_priority(self, wanted: Priority) -> None:
        """Raise the ticket's priority to `wanted`, or leave a higher one."""
        self.priority = at_least(self.priority, wanted)

    @property
    def subject(self) -> str:
        """As `subject_of`."""
        return subject_of(self.turn)

    @property
    def text(self) -> str:
        """As `text_of`."""
        return text_of(self.turn)

    @property
    def customer_names(self) -> tuple[str, ...]:
        """By what a reply may address the customer: the words of their cleaned name, and their address."""
        return (*clean_name(self.turn.customer_name).split()[:_NAME_WORDS], self.turn.recipient)

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The passages of relevant searches, best first, each once."""
        found = (p for search in self.searches if search.relevance.ok for p in search.passages)
        return tuple({passage.id: passage for passage in found}.values())

    @property
    def finished(self) -> bool:
        """Whether the run has ended with an answer or a hand-over."""
        return self.phase in ("answered", "escalated")

    def answer(self, review: Review, *, rule: str) -> None:
        """Finish with a reply."""
        self.phase, self.reply, self.rule = "answered", review, rule

    def escalate(self, reason: str, *, rule: str, note: str = "") -> None:
        """Finish with a hand-over; a second one changes nothing."""
        if self.phase != "escalated":
            self.phase, self.reason, self.rule, self.note = "escalated", reason, rule, note
            self.reply = None
