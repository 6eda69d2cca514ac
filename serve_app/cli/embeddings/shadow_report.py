"""What a model in the shadow found otherwise than the one in service: how often, and turn by turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from db.shadow import Compared, Run

SHOWN = 50
"""Differences of a report on a terminal."""
WORDS = {"answer": "answers", "ask": "asks which", "hand_over": "hands over"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowReport:
    """A run and what it has compared, the newest first."""

    run: Run
    compared: Sequence[Compared]

    @property
    def differences(self) -> list[Compared]:
        """Where another passage was likeliest, or something else would follow."""
        return [one for one in self.compared if _other_passage(one) or _other_decision(one)]

    def lines(self) -> Iterator[str]:
        """Yield them for a person."""
        run, count = self.run, len(self.compared)
        over = f"ended {_time(run.ended_at)}: {run.ended_why}" if run.ended_at else f"until {_time(run.until)}"
        yield f"{run.model_id} beside {run.base}, {run.share:.0%} of the turns that search"
        yield f"since {_time(run.started_at)}, {over}"
        yield f"{count} compared, {run.dropped} dropped (too busy), {run.failed} failed"
        if run.problem:
            yield f"the last problem: {run.problem}"
        if not count:
            return
        passages = sum(map(_other_passage, self.compared))
        decisions = Counter((one.base_outcome, one.shadow_outcome) for one in self.compared if _other_decision(one))
        times = np.percentile([one.shadow_ms for one in self.compared], [50, 95])
        yield f"another passage first: {passages} ({passages / count:.0%})"
        yield f"another decision: {decisions.total()} ({decisions.total() / count:.0%})"
        for (base, beside), times_seen in decisions.most_common():
            yield f"  {WORDS[base]} → {WORDS[beside]}: {times_seen}"
        yield f"its searches took {times[0]:.0f} ms, 95 % up to {times[1]:.0f} ms, in time that nobody else wanted"
        yield from (_pair(one) for one in self.differences[:SHOWN])
        if len(self.differences) > SHOWN:
            yield f"and {len(self.differences) - SHOWN} more: --json FILE has all"

    def as_json(self) -> dict[str, Any]:
        """Return all as plain values."""
        return {
            "run": asdict(self.run),
            "compared": len(self.compared),
            "other_passage": sum(map(_other_passage, self.compared)),
            "other_decision": sum(map(_other_decision, self.compared)),
            "differences": [asdict(one) for one in self.differences],
        }


def _pair(one: Compared) -> str:
    base = _side(one.base_title or one.base_slug, one.base_share, WORDS[one.base_outcome])
    beside = _side(one.shadow_title or one.shadow_slug, one.shadow_share, WORDS[one.shadow_outcome])
    return f"  {one.ticket}  {base}  |  {beside}"


def _side(passage: str | None, share: float, outcome: str) -> str:
    return f"{outcome}: {passage or 'no passage'} ({share:.2f})"


def _other_passage(one: Compared) -> bool:
    return one.base_slug != one.shadow_slug


def _other_decision(one: Compared) -> bool:
    return one.base_outcome != one.shadow_outcome


def _time(at: Any) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
