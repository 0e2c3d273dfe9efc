"""A multi-regional table that is given (kind `mrio`): its lists, and the readers of the forms in
which it may come.
"""
