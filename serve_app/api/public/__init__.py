"""The customers' calls and pages."""
