"""Measurements: metrics, model usage, and the reads of benchmarks."""
