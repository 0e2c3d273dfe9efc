"""Two tables side by side: two finished runs, a run and its own truth, or a run and a table that
somebody else made.
"""
