"""Strategies for chat-completions bodies, one theme per module; `tests.oracle.strategies` combines them."""
