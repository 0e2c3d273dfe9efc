# citymrio: city-level MRIO tables by entropy, nested in the provincial MRIO, and the carbon they carry.
# The files below are included in the order data flows; every rule is one script of scripts/.

from snakemake.utils import min_version

min_version("9.10")


if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/provinces.smk"
include: "rules/cities.smk"
include: "rules/nested.smk"
include: "rules/footprint.smk"
include: "rules/analysis.smk"
include: "rules/validation.smk"
include: "rules/figures.smk"
include: "rules/publish.smk"
