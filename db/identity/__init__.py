"""Who is one customer: links, merges, the evidence behind them, export and erasure."""
