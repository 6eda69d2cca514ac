"""What keeps the product running: events for Kafka, dead letters, health, notifications."""
