"""The staff's actions on conversations."""
