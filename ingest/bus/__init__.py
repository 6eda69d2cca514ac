"""The bus (Kafka): the relay writes to it, the consumer reads from it, the sweeper repeats what got lost."""
