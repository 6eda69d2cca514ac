"""A model that searches beside the one in service, after the turns were decided: what it would have found."""
