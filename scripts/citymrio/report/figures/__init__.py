"""Figures: one module for each with its caption beside it, drawn from tables already written (:mod:`.registry` lists them)."""
