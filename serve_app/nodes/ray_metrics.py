"""Our metrics as Ray's: exported by the agent of each Ray node, where Ray's service discovery leads a scraper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ray
from ray.serve import metrics as serve_metrics

from deployments.runtime import metrics
from deployments.runtime.metrics import SECONDS, Metric


class RaySink:
    """Adds deployment, replica and application as labels, as Serve's own metrics have them."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def record(self, metric: Metric, value: float, labels: Mapping[str, str]) -> None:
        """See metrics.Sink."""
        made = self._made.get(metric.name)
        if made is None:
            made = self._made[metric.name] = _make(metric)
        tags = dict(labels)
        match metric.kind:
            case "counter":
                if value > 0:  # Ray refuses 0
                    made.inc(value, tags=tags)
            case "gauge":
                made.set(value, tags=tags)
            case "histogram":
                made.observe(value, tags=tags)


def export() -> None:
    """Send this process's figures to Ray, where there is one: not in Serve's local testing mode."""
    if ray.is_initialized():
        metrics.use(RaySink())


def _make(metric: Metric) -> Any:
    keys: Any = metric.labels  # Ray's types know tuples of one
    match metric.kind:
        case "counter":
            return serve_metrics.Counter(metric.name, description=metric.says, tag_keys=keys)
        case "gauge":
            return serve_metrics.Gauge(metric.name, description=metric.says, tag_keys=keys)
        case "histogram":
            buckets = list(SECONDS)
            return serve_metrics.Histogram(metric.name, description=metric.says, boundaries=buckets, tag_keys=keys)
