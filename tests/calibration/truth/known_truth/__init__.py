"""Experiments on known truth: a real MRIO whose regions play the cities of a province
(docs/accuracy.md).
"""
