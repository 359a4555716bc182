"""The written rules a request must keep, one theme per module; each yields complaints that begin with its rule."""
