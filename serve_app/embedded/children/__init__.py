"""Programs that the supervisor starts, and a hook that Ray calls."""
