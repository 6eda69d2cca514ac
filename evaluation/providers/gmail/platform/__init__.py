"""Google's services around Gmail: OAuth, signing keys, discovery, quota, errors."""
