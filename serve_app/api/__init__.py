"""The HTTP API and its pages. What assembles them stands in `build`: every node imports from here, but few need all."""
