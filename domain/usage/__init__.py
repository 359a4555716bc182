"""Tokens and money: sums and estimates. Money is Decimal."""
