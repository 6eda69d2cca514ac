"""How the nodes scale: one table, the policies that read their signals, and the options that follow for Ray Serve."""
