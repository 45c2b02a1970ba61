"""imagette's engines beside other ways to train the same networks: python -m benchmarks.engines."""
