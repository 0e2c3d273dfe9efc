# Two tables side by side (docs/compare.md).
.PHONY: compare

A ?= results/synthetic
B ?= truth
NAMES ?=
LISTS ?=
ERR_TOL ?=

compare: $(STAMP) ## two tables side by side: A=results/x B=results/y, or B=truth, or B=pymrio folder or .mat with LISTS=folder [NAMES=list.csv of labels that differ]
	@$(BIN)/snakemake --cores 1 --snakefile rules/standalone/compare.smk --config $(call quoted,estimate=$(A)) $(call quoted,beside=$(B)) \
		$(if $(NAMES),$(call quoted,labels=$(NAMES))) $(if $(LISTS),$(call quoted,lists=$(LISTS))) \
		$(if $(ERR_TOL),$(call quoted,err_tol=$(ERR_TOL)))
	@name=$$(basename $(call quoted,$(B))); folder="results/compare/$$(basename $(call quoted,$(A)))-$${name%.mat}"; \
	cat "$$folder/summary.txt"; sed -n '2,$$s/^/warning: /p' "$$folder/warnings.csv"
