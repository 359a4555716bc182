"""Models: which are offered here, and how a requested name finds its entry."""
