"""Running the product: events for Kafka, dead letters, node health, notifications of the team."""
