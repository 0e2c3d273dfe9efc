"""The dataset contract: the tables and files, and every rule that they must keep."""
