"""What surrounds Gmail at Google: OAuth, Pub/Sub, signing keys, discovery, quota."""
