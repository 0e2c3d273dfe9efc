"""Emissions: activity, inventories of cities, calibration, intensities (method section 8)."""
