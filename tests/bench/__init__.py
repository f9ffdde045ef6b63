"""Benchmarks: each measures its peer and its floor in the same run, and prints one JSON line last. Ratios decide."""
