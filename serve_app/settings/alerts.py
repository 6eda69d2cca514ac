"""When the service alerts its operators (M1)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

WINDOW_SECONDS = 300.0
INTERVAL_SECONDS = 10.0
MIN_TURNS = 10
LATENCY_SECONDS = 3.0
ESCALATION_RATE = 0.25
DEAD_LETTERS = 0


class AlertArgs(BaseModel):
    """Every `interval_s` the last `window_s` are looked at; their turns count from `min_turns` of them on.

    An alert is raised above `latency_s` (acceptance to frozen reply, without the quiet gap and the model's own time),
    `escalation_rate` and `dead_letters`.
    """

    model_config = ConfigDict(frozen=True)

    window_s: float = WINDOW_SECONDS
    interval_s: float = INTERVAL_SECONDS
    min_turns: int = MIN_TURNS
    latency_s: float = LATENCY_SECONDS
    escalation_rate: float = ESCALATION_RATE
    dead_letters: int = DEAD_LETTERS
