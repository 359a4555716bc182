"""Kinds of files, recognised by their first bytes: the common ones here, others by puremagic where it is installed."""
