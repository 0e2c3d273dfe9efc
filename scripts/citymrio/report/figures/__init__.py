"""Figures, drawn from tables already written: a module for each, one for those of an ensemble
(:mod:`.registry` lists them).
"""
