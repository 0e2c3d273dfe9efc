"""The whole chain in memory, from a dataset to footprints: the one wiring that variants, ensemble and experiments use.

`tables` goes as far as the nested table and the emissions of its cities, `estimate` to their footprints: what needs no
footprints does not depend on how they are computed.
"""
