"""What is made of footprints: affluence, structures, super-emitters, scenarios, inequality, and the
tables people read.
"""
