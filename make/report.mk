# One file of HTML with every figure and table of a finished run: `make report CONFIG=config/china2012.yaml`
.PHONY: report

REPORTED = $(or $(CONFIG),config/config.yaml)
REPORTED_RUN = $(SNAKEMAKE) $(REPORTED) $(if $(RAW_DIR),--config 'dataset={raw_dir: "$(RAW_DIR)"}')

report: $(STAMP) ## figures, tables, rule graph, running times in one file: CONFIG=file (results/<run>/report.html)
	@$(REPORTED_RUN)
	@run=$$($(BIN)/python -c 'import sys; from citymrio.config_file import read_config; print(read_config(sys.argv[1]).run)' \
		$(REPORTED)); \
	$(REPORTED_RUN) --quiet all --report "results/$$run/report.html" --report-html-stylesheet-path report/style.css; \
	echo "results/$$run/report.html"
