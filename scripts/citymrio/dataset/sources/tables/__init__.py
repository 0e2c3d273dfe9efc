"""Input-output tables of regions as a statistics office prints them, described by lists: no country
is known here.
"""
