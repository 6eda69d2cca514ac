"""How well, how fast and how large models are, beside BM25 and the one in service."""
