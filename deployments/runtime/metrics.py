"""Every figure that the product shows to Prometheus (docs/metrics.md), and the one way to record one.

Labels have few values, all of them ours: no customer, ticket or address is ever one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import prometheus_client

Kind = Literal["counter", "gauge", "histogram"]
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure: its name, with its unit, what it says, and its labels."""

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()


LOOP_LAG = Metric(
    name="nightdesk_loop_lag_seconds",
    kind="gauge",
    says="The event loop's longest block of the last minute, in seconds.",
    labels=("node",),
)
INBOUND_AGE = Metric(
    name="nightdesk_inbound_age_seconds",
    kind="gauge",
    says="How long the oldest message that has no reply yet has waited, in seconds.",
)
OUTBOX_AGE = Metric(
    name="nightdesk_outbox_age_seconds",
    kind="gauge",
    says="How long the oldest reply has waited, by state: ready (since due), retried, sending again, unknown, parked.",
    labels=("state",),
)
LAG = Metric(
    name="nightdesk_consumer_lag_records",
    kind="gauge",
    says="Records of fte.tickets.incoming that the ingest group has not finished.",
)
IN_FLIGHT = Metric(
    name="nightdesk_runs_in_flight",
    kind="gauge",
    says="Turns under way at a replica: records at ingest, runs at the agent.",
    labels=("node",),
)
STAGE = Metric(
    name="nightdesk_stage_seconds",
    kind="histogram",
    says="How long a turn spent in each stage: identity, analysis, agent.",
    labels=("stage",),
)
TURN = Metric(
    name="nightdesk_turn_seconds",
    kind="histogram",
    says="From the acceptance of a message to its frozen reply, quiet gap and model included.",
    labels=("channel",),
)
TURNS = Metric(
    name="nightdesk_turns_total",
    kind="counter",
    says="Turns that have ended: answered, escalated, held for the staff, dead (dead-lettered).",
    labels=("channel", "outcome"),
)
ESCALATIONS = Metric(
    name="nightdesk_escalations_total",
    kind="counter",
    says="Hand-overs by their reason code.",
    labels=("reason",),
)
TOKENS = Metric(
    name="nightdesk_model_tokens_total",
    kind="counter",
    says="Tokens of the language model: input, output.",
    labels=("model", "direction"),
)
COST = Metric(
    name="nightdesk_model_cost_total",
    kind="counter",
    says="What the tokens cost, in the currency of OPENAI_PRICES; a model without a price costs nothing here.",
    labels=("model",),
)
DEAD_LETTERS = Metric(
    name="nightdesk_dead_letters",
    kind="gauge",
    says="Dead letters of the alert window that nobody has replayed, counted up to a thousand.",
)
REPLIES = Metric(
    name="nightdesk_replies_total",
    kind="counter",
    says="Attempts to send a reply: sent, ready (to be tried again), unknown (to be looked up), parked, redirected.",
    labels=("channel", "outcome"),
)
CHANNEL_DEGRADED = Metric(
    name="nightdesk_channel_degraded",
    kind="gauge",
    says="1 while a channel's reader or a sender reports a problem: refused credentials, an outage, a quota.",
    labels=("channel",),
)
WATCH_LEFT = Metric(
    name="nightdesk_watch_left_seconds",
    kind="gauge",
    says="How long Gmail goes on pushing changes unless its watch is renewed, as it is daily; none without pushes.",
)
CERTIFICATE_LEFT = Metric(
    name="nightdesk_certificate_left_seconds",
    kind="gauge",
    says="How long the certificate at PUBLIC_BASE_URL is valid; none where that is not HTTPS or can't be reached.",
)
ALL = (
    LOOP_LAG,
    INBOUND_AGE,
    OUTBOX_AGE,
    LAG,
    IN_FLIGHT,
    STAGE,
    TURN,
    TURNS,
    ESCALATIONS,
    TOKENS,
    COST,
    DEAD_LETTERS,
    REPLIES,
    CHANNEL_DEGRADED,
    WATCH_LEFT,
    CERTIFICATE_LEFT,
)


class Sink(Protocol):
    """Where figures go: a counter is raised by the value, a gauge is set to it, a histogram observes it."""

    def record(self, metric: Metric, value: float, labels: Mapping[str, str]) -> None:
        """Record one value."""
        ...


class PrometheusSink:
    """This process's own registry, which something in the process has to show."""

    def __init__(self, registry: prometheus_client.CollectorRegistry = prometheus_client.REGISTRY) -> None:
        self._registry = registry
        self._made: dict[str, Any] = {}

    def record(self, metric: Metric, value: float, labels: Mapping[str, str]) -> None:
        """See Sink."""
        made = self._made.get(metric.name) or self._make(metric)
        child = made.labels(**labels) if metric.labels else made
        match metric.kind:
            case "counter":
                child.inc(value)
            case "gauge":
                child.set(value)
            case "histogram":
                child.observe(value)

    def _make(self, metric: Metric) -> Any:
        name, says, labels, registry = metric.name, metric.says, metric.labels, self._registry
        match metric.kind:
            case "counter":
                made: Any = prometheus_client.Counter(name, says, labels, registry=registry)
            case "gauge":
                made = prometheus_client.Gauge(name, says, labels, registry=registry)
            case "histogram":
                made = prometheus_client.Histogram(name, says, labels, registry=registry, buckets=SECONDS)
        self._made[metric.name] = made
        return made


_sinks: list[Sink] = [PrometheusSink()]


def use(sink: Sink) -> None:
    """Send what this process records to another sink."""
    _sinks[:] = [sink]


def record(metric: Metric, value: float, **labels: str) -> None:
    """Record a value. Raises ValueError when the labels are not the metric's."""
    if labels.keys() != set(metric.labels):
        raise ValueError(f"{metric.name} has the labels {metric.labels}, not {tuple(labels)}")
    _sinks[0].record(metric, value, labels)
