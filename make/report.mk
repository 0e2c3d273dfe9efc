# One file of HTML with every figure and table of a finished run: `make report CONFIG=config/china2012.yaml`
.PHONY: report

REPORTED = $(or $(CONFIG),config/config.yaml)

report: $(STAMP) ## figures, tables, rule graph, running times in one file: CONFIG=file (results/<run>/report.html)
	@$(call run,$(REPORTED),,$(RAW))
	@run=$$($(BIN)/python -P -m citymrio run-name $(call quoted,$(REPORTED))) && \
	$(call run,$(REPORTED),--quiet all --report "results/$$run/report.html" --report-html-stylesheet-path report/style.css,$(RAW)) && \
	echo "results/$$run/report.html"
