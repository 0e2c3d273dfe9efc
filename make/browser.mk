# The explorer in a real browser, its scripts on node alone, and their style. Users of the workflow need neither a browser nor node.
.PHONY: test-browser test-js explorer-pictures lint-js format-js

RESULTS ?=
PICTURES ?= results/pictures
BROWSER := $(VENV)/.browser
JS := $(VENV)/js
BIOME := $(JS)/node_modules/.bin/biome

# What these look at comes first: nothing is installed where it is not there.
NAMED = $(filter-out toy,$(RESULTS))
.PHONY: named-runs some-run
named-runs:
	@for run in $(foreach run,$(NAMED),$(call quoted,$(run))); do [ -f "$$run/explorer/index.html" ] || \
		{ echo "there is no finished run in $$run (RESULTS): it has no explorer. Fix: run it first, or name another." >&2; exit 1; }; done

some-run: named-runs
	@$(if $(or $(NAMED),$(wildcard results/*/explorer/index.html)),,echo "there is no finished run in results. Fix: make" >&2; false)

test-browser: named-runs $(BROWSER) ## the explorer in Chromium: a toy country and all finished runs, or those named: RESULTS="toy results/china2012"
	@RESULTS=$(call quoted,$(RESULTS)) $(BIN)/python -P -m pytest -n 2 tests/browser

# Node's own runner of tests (18 and later); what is expected comes from the library.
NODE_SUITS := node -e 'process.exit(Number(parseInt(process.versions.node) < 18))' 2>/dev/null

test-js: named-runs $(TOOLS) ## the explorer's scripts beside the library, without a browser (needs node 18): small runs, RESULTS="results/china2012" besides
	@if $(NODE_SUITS); then \
		folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
		PYTHONPATH=scripts:tests/worlds $(BIN)/python -P tests/js/expected.py "$$folder" $(filter-out toy,$(RESULTS)) && \
		{ EXPECTED="$$folder" node --test tests/js/*.test.mjs > "$$folder/log" || { cat "$$folder/log"; exit 1; }; } && \
		echo "the explorer's scripts: $$(sed -nE 's/^[^0-9a-z]*(pass|fail) ([0-9]+)$$/\2 \1ed/p' "$$folder/log" | paste -sd, | sed 's/,/, /')"; \
	else echo "skipped: tests of the explorer's scripts need node 18 or later (on Debian: apt-get install nodejs)"; fi

explorer-pictures: some-run $(BROWSER) ## pictures of every screen at three widths, and the printed page, for people to look at: RESULTS=... PICTURES=folder
	@RESULTS=$(call quoted,$(RESULTS)) $(BIN)/python tests/browser/pictures.py $(call quoted,$(PICTURES))

# Quick where there is no node: said, not failed. `.ci/run` installs it.
lint-js: $(STAMP) ## rules and style of the explorer's scripts (needs node)
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(BIOME) && $(BIN)/python envs/js/lint.py $(BIOME); \
		else echo "skipped: the explorer's scripts are checked with Biome, which needs node and npm (on Debian: apt-get install npm)"; fi

format-js: $(STAMP) $(BIOME) ## rewrite the explorer's scripts in the project's style (needs node)
	$(BIN)/python envs/js/lint.py $(BIOME) --write

$(BROWSER): $(TOOLS) envs/browser.lock
	@echo "Adding what drives a browser to $(VENV) from envs/browser.lock (once)"
	@$(BIN)/python envs/install.py envs/browser.lock
	@touch $@

$(BIOME): envs/js/package.json envs/js/package-lock.json
	@mkdir -p $(JS) && cp envs/js/package.json envs/js/package-lock.json $(JS)/
	@cd $(JS) && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@
