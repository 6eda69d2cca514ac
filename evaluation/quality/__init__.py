"""The quality report: measures offline every part that decides by a model or a heuristic."""
