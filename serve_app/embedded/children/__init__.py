"""What runs as a process of its own below the supervisor, or inside one of its parts."""
