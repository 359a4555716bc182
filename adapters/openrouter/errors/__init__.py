"""What went wrong, in the port's words: network failures, error envelopes, and how long upstream asks to wait."""
