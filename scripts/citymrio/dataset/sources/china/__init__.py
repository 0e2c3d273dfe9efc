"""China in any year: the raw files of statistics bureaus, CEADs and censuses, and the dataset made
from them.
"""
