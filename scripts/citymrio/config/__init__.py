"""The configuration: its models, and the one reader of its files."""
