"""`pytest tests/unit/ingest --hypothesis-profile=thorough` tries 2,000 examples of each property; by default 100."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("thorough", max_examples=2_000, deadline=None)
