# The explorer in a real browser, and the style of its scripts. Users of the workflow need neither a browser nor node.
.PHONY: test-browser explorer-pictures lint-js format-js

RESULTS ?=
PICTURES ?= results/pictures
BROWSER := $(VENV)/.browser
JS := $(VENV)/js
BIOME := $(JS)/node_modules/.bin/biome

test-browser: $(BROWSER) ## the explorer in Chromium: a toy country and finished runs, RESULTS="results/china2012 results/finland2014" (else all in results/)
	@RESULTS=$(call quoted,$(RESULTS)) $(BIN)/python -P -m pytest tests/browser

explorer-pictures: $(BROWSER) ## pictures of every screen, wide and narrow, and the printed page, for people to look at: RESULTS=... PICTURES=folder
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
