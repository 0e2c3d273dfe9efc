# citymrio: city-level MRIO tables by entropy, nested in the provincial MRIO, and the carbon they carry.
# The rules are listed in workflow/Snakefile, where `module: github(...)`, snakedeploy and the catalog of workflows look for them.


include: "workflow/Snakefile"
