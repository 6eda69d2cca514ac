"""Makes a model better on a team's own data."""
