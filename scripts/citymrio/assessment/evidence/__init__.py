"""Whether intervals hold the truth, on small countries whose own parameters are drawn (`make
evidence`).
"""
