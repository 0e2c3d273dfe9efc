"""The provincial system: balancing, trade between provinces, the provincial MRIO (method sections
0.2 and 16 R1-R4).
"""
