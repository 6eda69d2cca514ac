"""The parts: PostgreSQL, Kafka, Ray, the graph, the demo channels."""
