"""Use cases, one verb_noun per file: the only part of the core that waits."""
