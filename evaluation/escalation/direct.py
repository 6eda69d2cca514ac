"""The blocking test: whatever is trained or tuned, no direct request that ships with the product may be missed."""

from __future__ import annotations

from collections.abc import Mapping

from embeddings.escalation import EscalationModel
from embeddings.workbench import escalation_data as data
from embeddings.workbench.escalation_data import Example
from evaluation.escalation import measure as measuring

SETS = (*measuring.MEASURED, "thresholds")


def direct_requests() -> list[Example]:
    """Return the direct requests that ship and that no training has seen: sets of sentences, families held out."""
    sets = [example for name in SETS for example in data.read_set(name)]
    return [example for example in (*sets, *data.examples("test", 4)) if example.kind == "direct"]


class DirectRequests:
    """The direct requests as a classifier scores them."""

    def __init__(self, model: EscalationModel) -> None:
        self.examples = direct_requests()
        self._scores = measuring.scored(model, self.examples)

    def missed(self, thresholds: Mapping[str, float] | None = None) -> list[str]:
        """Return a line for each request that would not reach a person, or for another reason, at these thresholds."""
        judged = measuring.judge(self.examples, self._scores, measuring.rules_policy(thresholds))
        return measuring.misses(judged)
