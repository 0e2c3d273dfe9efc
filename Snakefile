# citymrio: city-level MRIO tables by entropy, nested in the provincial MRIO, and the carbon they carry.
# The rules are listed in workflow/Snakefile, where `module: github(...)`, snakedeploy and the catalog of workflows look for them.


include: "workflow/Snakefile"


rule everything:
    """The whole run, where no target is named: what `all` names."""
    default_target: True
    input:
        rules.all.input,
    message:
        "All that the run makes is there"
