"""City-level multi-regional input-output tables by entropy, nested in a provincial MRIO, and the carbon they carry."""

__version__ = "0.1.0"
