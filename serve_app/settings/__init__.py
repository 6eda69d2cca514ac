"""The settings: the only reader of the environment, and what the graph is built from."""
