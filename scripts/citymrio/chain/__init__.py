"""The method as one list of steps, from a dataset to footprints, and the chain in memory that
follows it.
"""
