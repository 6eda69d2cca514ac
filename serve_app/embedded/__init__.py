"""The parts that run here where no service is named: PostgreSQL, Apache Kafka and Ray, and their supervisor."""
