"""Measurements: run one with `python -m bench.<name>`."""
