"""The staff's calls, behind their keys."""
