"""The parts themselves: PostgreSQL, Kafka, Ray, the graph, the demo channels."""
