"""Customer identity: links, merges, the evidence behind them, and a customer's export and erasure."""
