"""Made-up people on three channels: how well identity keeps them apart and together."""
