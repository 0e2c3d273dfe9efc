"""Units that several stages share: tonnes and megatonnes of CO2. Money: :mod:`citymrio.base.money`."""

#: Megatonnes in a tonne: ``tonnes * MT`` is in Mt.
MT = 1e-6
#: Tonnes in a megatonne: ``mt * TONNES_PER_MT`` is in t. Dividing by `MT` gives another last digit.
TONNES_PER_MT = 1e6
