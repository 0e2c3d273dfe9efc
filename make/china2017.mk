# Another year of China, and the change between two finished runs.
.PHONY: china2017 change

FROM ?= results/china2012
TO ?= results/china2017
DEFLATOR ?=
CONCORDANCE ?=

china2017: $(STAMP) ## China 2017 from public sources (results/china2017); RAW_DIR=folder takes the raw files from there
	@$(call run,config/china2017.yaml,,$(RAW))
	@cat results/china2017/summary.txt

change: $(STAMP) ## change between two finished runs: FROM=results/china2012 TO=results/china2017 [DEFLATOR=number or file.csv] [CONCORDANCE=list.csv]
	@$(BIN)/snakemake --cores 1 --snakefile rules/standalone/change.smk --config $(call quoted,earlier=$(FROM)) $(call quoted,later=$(TO)) \
		$(if $(DEFLATOR),$(call quoted,deflator=$(DEFLATOR))) $(if $(CONCORDANCE),$(call quoted,concordance=$(CONCORDANCE)))
	@cut -d, -f1-6 "results/change/$$(basename $(call quoted,$(FROM)))-$$(basename $(call quoted,$(TO)))/tables/change_groups.csv"
