"""Tokens and money: sums, estimates, and the line people read. Money is Decimal."""
