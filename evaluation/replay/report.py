"""The report of a replay: each turn's stored and new decision, and counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from db.records import Turn
from db.turns.stored_turns import StoredDecision

COMPARED = ("outcome", "reason", "rule", "passages", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The comparable part of a decision. `passages` are the slugs that were found, best first."""

    outcome: str
    reason: str | None
    rule: str
    passages: tuple[str, ...]
    text: str

    @property
    def short(self) -> str:
        """`answered`, or `escalated` with its reason."""
        return f"{self.outcome} ({self.reason})" if self.reason else self.outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One stored turn. `skipped` says why it was not decided again, '' when it was; then `after` is set."""

    inbox_id: UUID
    ticket: str
    channel: str
    decided_at: datetime
    message: str
    before: Outcome
    after: Outcome | None
    skipped: str

    @classmethod
    def of(cls, decided: StoredDecision, *, turn: Turn, after: Outcome) -> Self:
        """Return the case of a turn that was decided again."""
        return cls(**_head(decided, turn), after=after, skipped="")

    @classmethod
    def skipped_for(cls, decided: StoredDecision, *, reason: str, turn: Turn | None = None) -> Self:
        """Return the case of a turn that does not depend on the agent's settings."""
        return cls(**_head(decided, turn), after=None, skipped=reason)

    @property
    def changed(self) -> tuple[str, ...]:
        """Which of COMPARED differ."""
        if self.after is None:
            return ()
        return tuple(name for name in COMPARED if getattr(self.before, name) != getattr(self.after, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """All cases of a replay."""

    cases: tuple[Case, ...]

    @property
    def replayed(self) -> tuple[Case, ...]:
        """The turns that were decided again."""
        return tuple(case for case in self.cases if case.after is not None)

    @property
    def changed(self) -> tuple[Case, ...]:
        """Those of them that differ in any of COMPARED."""
        return tuple(case for case in self.cases if case.changed)

    @property
    def skipped(self) -> dict[str, int]:
        """How many turns were not decided again, by reason."""
        return dict(Counter(case.skipped for case in self.cases if case.skipped))

    @property
    def differences(self) -> dict[str, int]:
        """How many turns differ in each of COMPARED."""
        return {name: sum(name in case.changed for case in self.cases) for name in COMPARED}

    @property
    def moves(self) -> dict[tuple[str, str], int]:
        """How many turns went from one outcome to another, most frequent first."""
        moved = Counter((case.before.short, case.after.short) for case in self.replayed if case.after)
        return {pair: count for pair, count in moved.most_common() if pair[0] != pair[1]}

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values; of unchanged cases only their number."""
        return {
            "turns": len(self.cases),
            "replayed": len(self.replayed),
            "unchanged": len(self.replayed) - len(self.changed),
            "changed": len(self.changed),
            "skipped": self.skipped,
            "differences": self.differences,
            "moves": [{"before": old, "after": new, "turns": count} for (old, new), count in self.moves.items()],
            "cases": [
                asdict(case)
                | {
                    "inbox_id": str(case.inbox_id),
                    "decided_at": case.decided_at.isoformat(),
                    "changed": list(case.changed),
                }
                for case in self.changed
            ],
        }


def _head(decided: StoredDecision, turn: Turn | None) -> dict[str, Any]:
    record = decided.record
    return {
        "inbox_id": record.inbox_id,
        "ticket": turn.ticket.number if turn else "",
        "channel": turn.channel if turn else "",
        "decided_at": record.created_at,
        "message": turn.text if turn else "",
        "before": Outcome(
            outcome=record.outcome,
            reason=record.reason,
            rule=record.rule,
            passages=tuple(found.slug for found in record.passages),
            text=decided.reply or "",
        ),
    }
