"""The nodes of the graph, each a plain class that the serving layer wraps; only frozen records pass between them."""
