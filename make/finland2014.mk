# A second country: Finland, from tables of regions in three blocks (docs/finland.md).
.PHONY: finland2014

# A known table that the finished run stands beside, as a word behind --config.
KNOWN = $(if $(TRUTH),$(call quoted,assessment={known_table: '$(subst ','',$(TRUTH))'}))

finland2014: $(STAMP) ## Finland 2014 from public sources (results/finland2014); RAW_DIR=folder takes the raw files from there, TRUTH=file.npz is set beside it
	@$(call run,config/finland2014.yaml,,$(RAW) $(KNOWN))
	@cat results/finland2014/summary.txt
