"""Large bounded runs that print their figures and exit non-zero on any miss: `make drills`."""
