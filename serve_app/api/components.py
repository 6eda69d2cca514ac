"""The components of /health, from the nodes' last reports."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from db.operations.health import NodeReport
from db.records import Channel
from serve_app.api.base.channels import NAMES
from serve_app.api.base.models import Component, ComponentStatus

CONSEQUENCES: Mapping[str, str] = {
    "ingest": "messages wait, nobody is answered",
    "identity": "messages wait, nobody is answered",
    "analysis": "messages wait, nobody is answered",
    "agent": "messages wait, nobody is answered",
    "delivery": "replies by mail and WhatsApp wait",
}
"""What the silence of a node means for customers: it is unhealthy then, another one degraded."""
NODES = ("ingress", *CONSEQUENCES, "reporting")
_WORST_FIRST: tuple[ComponentStatus, ...] = ("unhealthy", "degraded", "healthy", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What the database says: the last report of every replica, and why channels are off.

    A replica without a report for `silent_s` is silent; that counts only where a node has no other: Serve replaces it.
    Without `known` the database did not answer. `unconfigured` channels have no row in `channel_configs`.
    """

    reports: Sequence[NodeReport]
    off: Mapping[Channel, str]
    silent_s: float
    known: bool = True
    unconfigured: Collection[Channel] = ()

    def node(self, node: str) -> Component:
        """Return the worst status of the node's replicas, and of the calls that others make to it."""
        found = self._heard(node, f"{node} node", silent="unhealthy" if node in CONSEQUENCES else "degraded")
        failing = sorted({report.facts["failing"][node] for report in self._failing(node)})
        if failing:
            detail = f"calls of the {node} node fail ({', '.join(failing)}): {CONSEQUENCES[node]}"
            return _worst([found, Component(status="unhealthy", detail=detail)])
        if node == "ingest" and self.lag is not None:
            return Component(status=found.status, detail=f"{found.detail}, lag {self.lag}")
        return found

    def channel(self, channel: Channel, *, needs: Sequence[str]) -> Component:
        """Return what the channel's senders and readers report; they run on the nodes that it `needs`."""
        silent = [node for node in needs if self.known and not self._recent(node)]
        found = [self._heard(channel, f"{channel} channel", silent="degraded")]
        found += [Component(status="degraded", detail=f"the {node} node is silent") for node in silent]
        return self.configured(channel, _worst(found))

    def configured(self, channel: Channel, found: Component) -> Component:
        """Return the channel's component, degraded while nobody has configured how it speaks."""
        if channel not in self.unconfigured:
            return found
        without = "channel_configs has no row for it: replies have the built-in tone and limits"
        return _worst([found, Component(status="degraded", detail=without)])

    @property
    def lag(self) -> int | None:
        """Records that the consumer group has not finished, None when nobody knows."""
        lags = [lag for report in self._recent("reporting") if (lag := report.facts.get("lag")) is not None]
        return max(lags, default=None)

    @property
    def alerts(self) -> list[str]:
        """How the service does, a sentence for each thing that people should know."""
        return [alert for report in self._recent("reporting") for alert in report.facts.get("alerts", ())]

    def _heard(self, node: str, name: str, *, silent: ComponentStatus) -> Component:
        if not self.known:
            return Component(status=silent, detail=f"the {name} is not known while PostgreSQL does not answer")
        recent = self._recent(node)
        if recent:
            worst = min(recent, key=lambda report: _WORST_FIRST.index(report.status))
            return Component(status=worst.status, detail=worst.detail or f"{len(recent)} replica(s) of the {name}")
        ages = [report.age for report in self.reports if report.node == node]
        since = f"for {min(ages):.0f} s" if ages else "yet"
        so = f": {CONSEQUENCES[node]}" if node in CONSEQUENCES else ""
        return Component(status=silent, detail=f"no heartbeat of the {name} {since}{so}")

    def _recent(self, node: str) -> list[NodeReport]:
        return [report for report in self.reports if report.node == node and report.age <= self.silent_s]

    def _failing(self, node: str) -> Iterator[NodeReport]:
        return (report for report in self._recent("ingest") if node in report.facts.get("failing", {}))


def channel_off(channel: Channel, reason: str) -> Component:
    """Return the component of a channel that is off."""
    return Component(status="off", detail=f"{NAMES[channel]} is off: {reason}")


def _worst(found: Sequence[Component]) -> Component:
    """Return the worst status, with the details of all that are not healthy."""
    status = min((one.status for one in found), key=_WORST_FIRST.index)
    wrong = [one.detail for one in found if one.status != "healthy"]
    return Component(status=status, detail="; ".join(wrong) or found[0].detail)
