"""History: chat messages in, items of the Responses API out."""
