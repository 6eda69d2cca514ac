"""The reporting node: sweeper, metrics and alerts, service-level clocks, ticket life and team notifications."""
