"""The registry's rules as plain values and functions: nothing here reads a clock, a network or a database.

From the reports of one event set, in this order: identity, versions, transactions, features, blocking, scoring,
clustering, ledger, findings, outcomes, export.
"""
