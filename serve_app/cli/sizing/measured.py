"""Turns a report of `nightdesk bench pipeline` into the file that `nightdesk sizing` reckons with."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import psutil

from evaluation.benchmarks.pipeline import PipelineReport

PARTS = ("ingress", "proxy", "identity", "analysis", "agent", "ingest", "delivery", "postgresql", "kafka")
"""Those whose work grows with the messages."""


def write_costs(path: Path, report: PipelineReport, day: date) -> None:
    """Write what a message cost."""
    path.write_text(json.dumps(costs(report, day), indent=1) + "\n", encoding="utf-8")


def costs(report: PipelineReport, day: date) -> dict[str, Any]:
    """Return the fields of `Costs`. Raises ValueError where Kafka's log is not on this machine."""
    if report.kafka_bytes is None:
        raise ValueError("Kafka's log is not on this machine")
    written, machine = report.written, f"{psutil.cpu_count()} cores"
    return {
        "measured": f"nightdesk bench pipeline, {report.messages:,} messages, {day:%d %B %Y}, {machine}",
        "cpu_ms": {part: round(report.nodes.get(part, 0.0), 1) for part in PARTS},
        "wal_kb": round(written.wal_bytes / 1024, 1),
        "rows_added": round(written.inserted, 1),
        "rows_changed": round(written.updated, 1),
        "transactions": round(written.transactions, 1),
        "kept_kb": round(report.kept_bytes / 1024, 1),
        "kafka_kb": round(report.kafka_bytes / 1024, 2),
    }
