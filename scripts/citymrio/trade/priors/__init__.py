"""Calibrated priors: distance, border and demand terms per sector, fitted one level above the
cities.
"""
