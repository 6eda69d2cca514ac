"""The nodes of the graph: plain classes that serve_app deploys on Ray Serve. They exchange frozen records only."""
