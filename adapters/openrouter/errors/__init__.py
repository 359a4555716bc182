"""Translates failures to the port's errors: network failures, error envelopes, requested wait times."""
