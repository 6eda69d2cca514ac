"""Checks of texts: masking of personal data for models, guardrails and grounding of replies."""
