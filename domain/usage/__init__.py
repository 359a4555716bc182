"""Usage of tokens and money: sums and estimates. Money is Decimal."""
