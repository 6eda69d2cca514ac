"""The gate before a classifier's service: every figure holds beside the one in service, or nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from embeddings.escalation import EscalationModel
from embeddings.workbench import escalation_data as data
from embeddings.workbench.escalation_data import Example
from evaluation.escalation import measure as measuring
from evaluation.escalation.direct import SETS, DirectRequests
from evaluation.escalation.trades import Tally, tallied

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much worse a classifier may be on the sets that ship: paraphrases missed, false alarms, as shares."""

    paraphrases: float = 0.02
    false_alarms: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One figure beside that of the classifier in service; `line` says both, and what the limit was if it fails."""

    ok: bool
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Measures by the product's rules at the thresholds in force.

    `own`: a team's messages that were put aside · `every`: the sets that ship are measured on one of so many of theirs.
    """

    own: Sequence[Example]
    thresholds: Mapping[str, float]
    limits: Limits
    every: int = 1

    def judge(self, candidate: EscalationModel, in_service: EscalationModel) -> list[Check]:
        """Return every check."""
        shipped = [example for name in SETS for example in data.read_set(name)][:: self.every]
        theirs, ours = (self.tally(model, "shipped", shipped) for model in (in_service, candidate))
        own = [self.tally(model, "own", self.own) for model in (in_service, candidate)]
        return [
            self._direct(candidate),
            *(self._own_direct(own[1]) if own[1].direct[1] else ()),
            self._no_worse("paraphrases", theirs, ours, -self.limits.paraphrases),
            self._no_worse("false alarms", theirs, ours, self.limits.false_alarms),
            _cheaper(own[0], own[1]),
        ]

    def tally(self, model: EscalationModel, name: str, examples: Sequence[Example]) -> Tally:
        """Count what a classifier decides wrongly."""
        policy = measuring.rules_policy(self.thresholds)
        return tallied(name, measuring.judge(examples, measuring.scored(model, examples), policy))

    def _direct(self, candidate: EscalationModel) -> Check:
        found = DirectRequests(candidate)
        missed = found.missed(self.thresholds)
        line = f"direct requests that ship: {len(found.examples) - len(missed)} of {len(found.examples)}"
        return Check(ok=not missed, line=f"{line}; none may be missed: {missed[0]}" if missed else line)

    def _own_direct(self, ours: Tally) -> list[Check]:
        missed, of = ours.direct
        line = f"direct requests of yours: {of - missed} of {of}"
        return [Check(ok=not missed, line=f"{line}; none may be missed: {ours.wrong[0]}" if missed else line)]

    def _no_worse(self, name: str, theirs: Tally, ours: Tally, limit: float) -> Check:
        before, now = theirs.rates[name], ours.rates[name]
        ok = now - before >= limit - 1e-9 if limit < 0 else now - before <= limit + 1e-9
        line = f"{name} on the sets that ship {before:.1%} → {now:.1%}"
        return Check(ok=ok, line=line if ok else f"{line}; at most {abs(limit):.1%} may be lost")


def _cheaper(theirs: Tally, ours: Tally) -> Check:
    """Refuse what is no better on the team's own messages: there is no reason to change anything then."""

    def said(one: Tally) -> str:
        missed = one.direct[0] + one.paraphrases[0]
        return f"{missed} missed and {one.false_alarms[0]} false alarms"

    of = theirs.direct[1] + theirs.paraphrases[1] + theirs.false_alarms[1]
    line = f"your {of} messages put aside: {said(theirs)} → {said(ours)}"
    better = ours.cost < theirs.cost
    return Check(ok=better, line=line if better else f"{line}; that is no better (a miss counts as five false alarms)")


def metrics(checks: Sequence[Check]) -> dict[str, Any]:
    """Return what the registry keeps."""
    return {"checks": [check.line for check in checks]}
