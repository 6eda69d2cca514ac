"""What all calls share: errors, limits, middleware, models of the answers."""
