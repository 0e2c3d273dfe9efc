"""What people look at: figures, pages, captions, the summary. It computes nothing that is not in a
table.
"""
