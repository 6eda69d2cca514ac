"""Measures the product from outside: demo, benchmarks, quality report, replay; and the providers' stand-ins."""
