"""What errors cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Of a miss and of a false alarm, in any unit."""

    miss: float
    false_alarm: float

    @property
    def named(self) -> dict[str, float]:
        """As `embeddings.workbench.thresholds.fit` calls them."""
        return {"miss_cost": self.miss, "false_alarm_cost": self.false_alarm}
