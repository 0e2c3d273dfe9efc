"""Thresholds that several stages share, each with its reason. All are relative, but for `TINY`."""

#: Smallest divisor: keeps a quotient finite where its divisor may be 0. Far below every amount of a
#: table, it changes no other.
TINY = 1e-300
#: Round-off of one sum: the same amounts added up in two orders differ by less. Whoever exceeds a
#: cap by more exceeds it.
SUMS = 1e-12
#: Gap between two totals that solves have met: every step leaves its rows open by up to its
#: tolerance, and a table of cities is some steps behind the data. What differs by more differs in
#: the data.
SOLVED = 1e-9
