"""How a model comes into service: its heads, the gate, its passages, and the change."""
