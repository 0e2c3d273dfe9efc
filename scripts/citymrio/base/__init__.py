"""What every package shares: errors, files and labelled arrays, stamps, units of money, threads. It
imports no other package.
"""
