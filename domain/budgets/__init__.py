"""Budgets: the rules (`rule`), their windows of time (`windows`), the counters (`accounts`), what a turn may cost
(`estimate`), and what balances mean for a turn (`verdict`). All pure: time and time zone are arguments.
"""
