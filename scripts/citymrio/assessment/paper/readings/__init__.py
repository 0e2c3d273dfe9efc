"""Readings: every definition that the paper's text allows for a number, computed from a run beside
the printed value.
"""
