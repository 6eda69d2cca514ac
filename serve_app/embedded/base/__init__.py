"""What the embedded parts share: the data directory, ports, processes, the run file."""
