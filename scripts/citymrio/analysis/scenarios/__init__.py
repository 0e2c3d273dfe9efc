"""Mitigation scenarios, the quota they add to, and deficits (method section 11).

A measure lowers intensities of production, changes final demand, or both, for a set of cities. Each
is one module with one entry in :mod:`.registry`. :mod:`.run` computes every measure alone, all of
them added up, and all of them at once.
"""
