"""What the embedded parts share: data directory, ports, processes, logs, run file, environments."""
