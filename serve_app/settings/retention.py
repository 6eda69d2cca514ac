"""How long is kept what is kept for a time only."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict

EVENTS_HOURS: Final = 24.0
"""Kafka keeps a record no longer than a day, and customers are promised no more of the store's copy."""
METRICS_DAYS: Final = 90
DETAILS_DAYS: Final = 90.0
FILES_DAYS: Final = 365.0


class RetentionArgs(BaseModel):
    """`events_hours`: events that Kafka has acknowledged and whose message is finished.

    `metrics_days` are whole days (UTC). `details_days`: the texts of tool calls; their decision records stay.
    `files_days`: the files of web forms; that there was a file stays with its message.
    """

    model_config = ConfigDict(frozen=True)

    events_hours: float = EVENTS_HOURS
    metrics_days: int = METRICS_DAYS
    details_days: float = DETAILS_DAYS
    files_days: float = FILES_DAYS
