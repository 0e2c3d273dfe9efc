"""The cities of one province: accounts, split of supply and demand, tables, trade, and their link
to the other provinces.
"""
