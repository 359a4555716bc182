"""Models: which of them are offered, and how a requested name finds its catalog entry."""
