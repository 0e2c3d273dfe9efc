"""The dataset of a country: its contract, where it comes from, and what is checked at its entrance
(docs/contracts.md).
"""
