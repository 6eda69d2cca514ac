"""What every node needs around its calls: batches, retries, heartbeat."""
