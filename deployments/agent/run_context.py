"""What one run knows and collects. The model writes none of it: the tools read who and where from here."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from db.pool import DatabaseUnavailableError
from db.records import Analysis, ChannelConfig, Passage, Priority, ToolCall, Turn
from deployments.rules.formatting import clean_name
from deployments.runtime.retries import NodeUnavailableError
from embeddings.heads import Floats
from embeddings.relevance import Relevance, RelevanceGate

Phase = Literal["new", "opened", "history", "searched", "answered", "escalated"]

FENCE = ("<customer_message>", "</customer_message>")
"""What stands around a customer's words wherever a model reads them."""

_NAME_WORDS = 3
_FENCES = re.compile(r"</?\s*customer_message\s*>", re.IGNORECASE)

PRIORITIES: tuple[Priority, ...] = ("low", "medium", "high", "critical")


def without_fences(text: str) -> str:
    """Return a customer's words without what looks like the tags around them, also once a tag inside a tag is gone."""
    while (cleaned := _FENCES.sub("", text)) != text:
        text = cleaned
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What became of a draft: the text that may leave, the passages it rests on, or why it may not leave."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the tools work with: `clock` counts seconds.

    `review` checks a draft against the passages found; its last argument are words that the customer brought himself.
    """

    search: PassageSearch
    embed_query: Callable[[str], Awaitable[Sequence[float]]]
    gate: RelevanceGate
    review: Callable[[str, Sequence[Passage], Sequence[str]], Review]
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search of the knowledge base: the nearest passages, and whether they answer the query."""

    query: str
    category: str | None
    passages: tuple[Passage, ...]
    relevance: Relevance


@dataclass(slots=True, kw_only=True)
class RunContext:
    """The state of one run, bound to one turn of one conversation."""

    turn: Turn
    analysis: Analysis
    config: ChannelConfig
    services: Services
    question: str = ""
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
    away: DatabaseUnavailableError | NodeUnavailableError | None = None
    tool_failed: bool = False

    def __post_init__(self) -> None:
        self.priority = self.turn.ticket.priority

    def raise_priority(self, wanted: Priority) -> None:
        """Raise the ticket's priority; it never falls."""
        self.priority = max(self.priority, wanted, key=PRIORITIES.index)

    @property
    def subject(self) -> str:
        """The subject where the customer has just written it: a chat has none, an answer only repeats it."""
        turn = self.turn
        return "" if turn.earlier or turn.channel == "whatsapp" else without_fences(turn.ticket.subject).strip()

    @property
    def text(self) -> str:
        """What the customer said: the words of this turn, under the subject if it is his."""
        text = without_fences(self.turn.text).strip()
        return f"{self.subject}\n\n{text}".strip() if self.subject else text

    @property
    def own_words(self) -> tuple[str, ...]:
        """What a reply may call the customer by: his name, without anything that could be a link, and his address."""
        return (*clean_name(self.turn.customer_name).split()[:_NAME_WORDS], self.turn.recipient)

    @property
    def passages(self) -> tuple[Passage, ...]:
        """The passages of the searches that found something to the point, best first, each once."""
        found = (p for search in self.searches if search.relevance.ok for p in search.passages)
        return tuple({passage.id: passage for passage in found}.values())

    @property
    def finished(self) -> bool:
        """True when the customer has been answered or handed over: nothing may follow."""
        return self.phase in ("answered", "escalated")

    def answer(self, review: Review, *, rule: str) -> None:
        """Finish with a reply."""
        self.phase, self.reply, self.rule = "answered", review, rule

    def escalate(self, reason: str, *, rule: str, note: str = "") -> None:
        """Finish with a hand-over; a second one changes nothing."""
        if self.phase != "escalated":
            self.phase, self.reason, self.rule, self.note = "escalated", reason, rule, note
            self.reply = None
