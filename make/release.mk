# Notebooks with their outputs, and what is published of finished runs (CONTRIBUTING.md has the steps that need a person).
.PHONY: notebooks release release-check

RUNS ?=
LICENCE ?=
PREVIEW ?=
RELEASE := $(BIN)/python -P docs/publish.py

notebooks: results/tiny/summary.txt $(TOOLS) ## run the notebooks of docs/notebooks on results/tiny (after make tiny) and write their outputs
	@$(BIN)/python -P docs/notebooks.py

release: $(TOOLS) ## a folder to publish (release/): site, tables, packages, checksums of the finished runs of China, or RUNS="results/a config/b.yaml" [LICENCE=CC-BY-4.0] [PREVIEW=yes: also of other code]
	@$(RELEASE) $(foreach run,$(RUNS),$(call quoted,$(run))) $(if $(LICENCE),--licence $(call quoted,$(LICENCE))) $(if $(PREVIEW),--preview)

release-check: release/SHA256SUMS $(BROWSER) ## look at release/: checksums, links, pages in Chromium, a sum in Python and R beside the run's
	@$(RELEASE) --check

# What these look at comes first: nothing is installed where it is not there.
results/tiny/summary.txt:
	@echo "there is no finished run in results/tiny. Fix: make tiny" >&2; false

release/SHA256SUMS:
	@echo "release: no release is here. Fix: make release" >&2; false
