# citymrio: city-level MRIO tables by entropy, nested in the provincial MRIO, and the carbon they carry.
# The files below are included in the order data flows; every rule is one script of scripts/.


include: "rules/start.smk"
include: "rules/common.smk"


# Snakemake's own reading of the configuration, for its report; what counts was read by rules/common.smk before.
if not getattr(workflow, "overwrite_configfiles", True):

    configfile: DEFAULT


report: "report/workflow.rst"


include: "rules/run.smk"
include: "rules/data.smk"


if GIVEN:

    include: "rules/given.smk"

else:

    include: "rules/provinces.smk"
    include: "rules/cities.smk"


include: "rules/footprints.smk"
include: "rules/analysis.smk"
include: "rules/audit.smk"


if not GIVEN:

    include: "rules/assessment.smk"
    include: "rules/validation.smk"


include: "rules/report.smk"


wildcard_constraints:
    province=r"[A-Za-z0-9]+",
    variant=r"[A-Za-z0-9_.-]+",


rule all:
    """The whole run: tables, figures, audit, variants, provenance, summary."""
    default_target: True
    input:
        rules.summary.output,
        rules.table_pages.output,
        rules.start_page.output,
        rules.explorer.output,
        [*rules.uncertainty_report.output, *rules.provinces_as_cities.output] if CONFIG.uncertainty.members else [],
        rules.interval_coverage.output if TRUTH and CONFIG.uncertainty.members else [],


rule estimate:
    """The nested table of all cities (results/<run>/nested/mrio.nc) and everything it is made from."""
    input:
        NESTED,


rule footprints:
    """Emission inventories and footprints of all cities, and flows between them."""
    input:
        rules.footprint.output,


rule tables:
    """Every table (results/<run>/tables/*.csv), with the audit passed."""
    input:
        [f"{TABLES}/{table}.csv" for table in ALL_TABLES],
        rules.pass_audit.output,


rule figures:
    """The paper's figures as PDF and PNG (results/<run>/figures/)."""
    input:
        rules.summary.input.figures,
