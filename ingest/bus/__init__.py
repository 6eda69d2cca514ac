"""The bus (Kafka): the relay that fills it, the consumer that empties it, and the sweeper behind both."""
