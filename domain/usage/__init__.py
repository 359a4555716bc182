"""Usage of tokens and money: sums and estimates (`accounting`), the price of one call (`prices`), the entries of the
ledger (`entries`). `facts` joins what upstream said of the answers. Money is Decimal.
"""
