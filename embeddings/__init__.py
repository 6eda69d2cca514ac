"""Turns text into vectors and classifies them: retrieval, sentiment, relevance, escalation. workbench/ trains."""
