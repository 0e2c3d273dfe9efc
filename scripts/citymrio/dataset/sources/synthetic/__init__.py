"""The synthetic country: an invented nation with a known true MRIO, written as the dataset
contract.
"""
