"""How many seconds a node may take to stop: to finish what it has begun, or to hand it back."""

from __future__ import annotations

from typing import Final

AGENT_S: Final = 60
"""Above the longest run: two requests of 20 s to a model and the work around them."""
INGEST_S: Final = 60
"""Its turns end when the agent's do; those that do not are handed back after 20 s."""
DELIVERY_S: Final = 30
LONGEST_S: Final = max(AGENT_S, INGEST_S, DELIVERY_S)
