"""The collector: aggregates the recent turns; alerts on latency, escalation rate and dead letters (M1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import structlog

from db.measurement import metrics
from db.measurement.metrics import Window
from db.operations import dead_letters, events
from db.pool import Pool, acquire
from deployments.reporting.alerts import kind_of, notify_alerts
from deployments.runtime import metrics as figures
from ingest.events import METRICS, FiguresNotice

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRules:
    """Alert thresholds over a window of `window_s` seconds, looked at every `interval_s` seconds.

    Turns raise an alert from `min_turns` of them on. `latency_ms` is without the quiet gap and the model's own time.
    `dead_letters`: how many of the window nobody has replayed.
    """

    window_s: float = 300.0
    interval_s: float = 10.0
    min_turns: int = 10
    latency_ms: float = 3000.0
    escalation_rate: float = 0.25
    dead_letters: int = 0


def alerts_of(window: Window, rules: AlertRules, *, letters: int = 0) -> list[str]:
    """Return one sentence for each threshold that the window, or the number of its dead `letters`, exceeds."""
    found = _alerts_of_turns(window, rules) if window.turns >= rules.min_turns else []
    if letters > rules.dead_letters:
        found.append(f"dead letters: {letters} in {rules.window_s:.0f} s, see `nightdesk dlq list`")
    return found


def _alerts_of_turns(window: Window, rules: AlertRules) -> list[str]:
    found = []
    if window.mean_latency_ms is not None and window.mean_latency_ms > rules.latency_ms:
        found.append(
            f"mean latency {window.mean_latency_ms / 1000:.1f} s is above {rules.latency_ms / 1000:.1f} s (beside it: "
            f"quiet gap {(window.mean_quiet_ms or 0) / 1000:.1f} s, model {(window.mean_model_ms or 0) / 1000:.1f} s)"
        )
    if window.escalation_rate > rules.escalation_rate:
        found.append(f"escalation rate {window.escalation_rate:.0%} is above {rules.escalation_rate:.0%}")
    return found


class Collector:
    """Publishes the window's figures and alerts on the metrics topic."""

    def __init__(
        self, *, pool: Pool, rules: AlertRules | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._pool, self._now = pool, now
        self.rules = rules or AlertRules()
        self.alerts: list[str] = []
        self._logged: set[str] = set()

    async def run_once(self) -> list[str]:
        """Aggregate, publish, log what is new and notify; return the alerts. Raises DatabaseUnavailableError."""
        async with acquire(self._pool) as connection:
            window = await metrics.window(connection, seconds=self.rules.window_s)
            letters = await dead_letters.count_new(connection, seconds=self.rules.window_s)
            self.alerts = alerts_of(window, self.rules, letters=letters)
            if window.turns:
                await events.add(connection, METRICS, "collector", self._event(window))
            await notify_alerts(connection, self.alerts, now=self._now())
        figures.record(figures.DEAD_LETTERS, letters)
        for alert in self.alerts:
            if kind_of(alert) not in self._logged:
                log.warning("alert", alert=alert, turns=window.turns)
        self._logged = {kind_of(alert) for alert in self.alerts}
        return self.alerts

    def _event(self, window: Window) -> dict[str, object]:
        notice = FiguresNotice(
            window_s=self.rules.window_s,
            **asdict(window),
            escalation_rate=window.escalation_rate,
            alerts=tuple(self.alerts),
            timestamp=self._now(),
        )
        return notice.model_dump(mode="json")
