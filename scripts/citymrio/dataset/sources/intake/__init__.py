"""`citymrio intake FOLDER`: the lists that a dataset needs, from tables as their publishers print
them (docs/bring-your-own-data.md).
"""
