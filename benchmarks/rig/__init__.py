"""What benchmarks stand on: a platform of their own, a crowd in it, load, gauges, a report."""
