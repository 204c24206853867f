"""Benchmarks, each against a named peer in one run on one machine: `python -m benchmarks [--short] [NAME]`."""
