# The libraries that the explorer holds, fetched anew from their registry and checked against the list
# scripts/citymrio/report/explorer/data/vendor/vendor.json. Runs never need this, nor node: the files are part of the project.
.PHONY: vendor

vendor: $(STAMP) ## fetch the explorer's JavaScript libraries anew, by version and SHA-256 (needs npm)
	@$(BIN)/python -P -m citymrio.report.explorer.vendor
