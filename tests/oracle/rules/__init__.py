"""The written rules for a request, one theme per module; each yields complaints that begin with the rule's number."""
