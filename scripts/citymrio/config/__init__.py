"""The configuration: its models, the one reader of its files, and the documents that are generated from it."""
