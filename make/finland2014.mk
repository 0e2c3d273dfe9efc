# A second country: Finland, from tables of regions in three blocks (docs/finland.md).
.PHONY: finland2014

finland2014: $(STAMP) ## Finland 2014 from public sources (results/finland2014); RAW_DIR=folder takes the raw files from there
	@$(call run,config/finland2014.yaml,,$(RAW))
	@cat results/finland2014/summary.txt
