"""Benchmarks of the running product: latency, throughput, load."""
