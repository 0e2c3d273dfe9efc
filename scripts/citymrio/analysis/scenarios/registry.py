"""The measures that scenarios are made of: one module for each and one entry here; tables and
figure 4 follow from the entries.

A measure's module has ``BASIS`` (production or consumption: the account that its saving refers to)
and ``measures(inputs, depth, config)``: mode ->
:class:`~citymrio.analysis.scenarios.measure.Measure`. Modes are the ways in which a measure can be
carried out; one that has no choice has the mode ``""`` alone.
"""

from types import ModuleType

from . import demand, technology

#: Side of scenarios.csv -> the module of the measure, in the order in which measures are computed
#: and drawn.
MEASURES: dict[str, ModuleType] = {"technology": technology, "demand": demand}
#: How far every measure goes.
DEPTHS = ("light", "deep")
