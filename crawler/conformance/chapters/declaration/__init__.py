"""Implementation info: what the partner declares."""
