# The JavaScript of others that the explorer and the documentation site hold, fetched anew from its registry and checked against the
# lists scripts/citymrio/report/explorer/data/vendor/vendor.json and docs/vendor/vendor.json. Runs never need this, nor node: the
# files are part of the project.
.PHONY: vendor

vendor: $(STAMP) ## fetch the JavaScript libraries of explorer and docs anew, by version and SHA-256 (needs npm)
	@$(BIN)/python docs/vendor.py
