"""The labelled sample tickets of context/sample-tickets.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class SamplesError(Exception):
    """The sample tickets can't be read; the message names the file and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A ticket as a customer wrote it, labelled with the expected outcome and reason."""

    id: str
    channel: str
    form: dict[str, Any]
    outcome: str
    reason: str | None

    @property
    def expected(self) -> str:
        """`answered`, or `escalated: reason`."""
        return outcome_label(self.outcome, self.reason)


def outcome_label(outcome: str, reason: str | None) -> str:
    """Return an outcome as shown in tables: `answered`, or `escalated: reason`."""
    return f"{outcome}: {reason}" if reason else outcome


def load_samples(path: Path) -> list[Sample]:
    """Read the samples. Raises SamplesError."""
    try:
        return [_sample(row) for row in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SamplesError(f"{path}: {error!r}: the sample tickets can't be read") from error


def _sample(row: dict[str, Any]) -> Sample:
    # A WhatsApp message has neither subject nor address; the form needs both.
    subject = row["subject"] if row["channel"] != "whatsapp" else row["message"][:60]
    form = {
        "name": row["name"],
        "email": row.get("email") or f"{row['id'].lower()}@sample.example.com",
        "subject": subject,
        "category": row["category"],
        "priority": row["priority"],
        "message": row["message"],
    }
    if row.get("phone"):
        form["phone"] = row["phone"]
    expected = row["expected"]
    return Sample(
        id=row["id"],
        channel=row["channel"],
        form=form,
        outcome=expected["outcome"],
        reason=expected["reason"],
    )
