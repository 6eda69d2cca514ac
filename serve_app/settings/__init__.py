"""The settings, read from the environment here and nowhere else, and the graph's arguments made of them."""
