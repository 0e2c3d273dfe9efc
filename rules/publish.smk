# What leaves the run.
