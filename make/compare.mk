# Two tables side by side (docs/compare.md).
.PHONY: compare

A ?= results/synthetic
B ?= truth
NAMES ?=

compare: $(STAMP) ## two tables side by side: A=results/x B=results/y, or B=truth of a synthetic run [NAMES=list.csv of labels that differ]
	@$(BIN)/snakemake --cores 1 --snakefile rules/standalone/compare.smk --config $(call quoted,estimate=$(A)) $(call quoted,beside=$(B)) \
		$(if $(NAMES),$(call quoted,labels=$(NAMES)))
	@cat "results/compare/$$(basename $(call quoted,$(A)))-$$(basename $(call quoted,$(B)))/summary.txt"
