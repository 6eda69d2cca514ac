"""The limit that a provider puts on one account's calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `units` in any `window_s` seconds, for all replicas together.

    Unused time stays good for `spare_s`, which allows bursts and costs as much of the rate; `portion_s` is the least
    time that is leased at once, so that calls close together need one query (deployments.channels.quota).
    """

    units: float
    window_s: float
    spare_s: float
    portion_s: float

    @property
    def per_second(self) -> float:
        """How many units a second may be spent in the long run."""
        return self.units / (self.window_s + self.spare_s)
