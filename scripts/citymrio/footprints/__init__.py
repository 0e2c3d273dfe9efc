"""Footprints on the nested table, the supply chains behind them, and their change between two
runs.
"""
