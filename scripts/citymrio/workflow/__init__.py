"""What adapters and rules share: the job, the lock, failures, closures of code, provenance. The
library does not import it.
"""
