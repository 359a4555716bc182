"""Usage of tokens and money: sums and estimates (`accounting`). `facts` joins what upstream said of the answers. Money
is Decimal.
"""
