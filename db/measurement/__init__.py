"""What is measured: metrics, usage of models, and what benchmarks ask of the store."""
