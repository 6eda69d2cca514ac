"""HTML mail as a person sees it: what styles hide is not read."""
