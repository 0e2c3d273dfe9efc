# Footprints -> groups, super-emitters, scenarios, beside the paper's numbers.
