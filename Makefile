# make            the default run: the synthetic country, results/synthetic (CONFIG=file: the run that this file describes)
# make china2012  the real run: China 2012, results/china2012 (RAW_DIR=folder: raw files that are already there)
# make help       every target
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := all

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What tests, style and documentation need besides: added to the same environment by the targets that use it.
TOOLS := $(VENV)/.development
# The first of these that is Python 3.11-3.13 and can make virtual environments; `make PYTHON=...` names another.
PYTHONS := python3.13 python3.12 python3.11 python3 python
SUITS := -P -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
PYTHON ?= $(shell for p in $(PYTHONS); do $$p $(SUITS) 2>/dev/null && echo $$p && break; done)
CORES ?= all
RAW_DIR ?=
EXTRAS_DIR ?=
# A word for the shell, whatever is in it: blanks, apostrophes.
quoted = '$(subst ','\'',$(1))'
# Raw files and files of extra observations that are already there, as a word behind --config.
comma := ,
folder = $(if $(2),$(1): '$(subst ','',$(2))'$(comma) )
RAW = $(if $(RAW_DIR)$(EXTRAS_DIR),$(call quoted,dataset={$(call folder,raw_dir,$(RAW_DIR))$(call folder,extras_dir,$(EXTRAS_DIR))}))
# $(call run,configuration[,targets[,more words of --config]]). Targets come first: --configfile and --config take every word
# that follows. What is wrong with the file is said before Snakemake starts.
run = $(BIN)/python -P -m citymrio run-name $(call quoted,$(1)) >/dev/null && \
	$(BIN)/snakemake $(2) --cores $(CORES) --configfile $(call quoted,$(1)) $(if $(strip $(3)),--config $(3))
china = $(call run,config/$(1).yaml,,$(RAW)) && cat results/$(1)/summary.txt
export PYTHONPATH := scripts
# Set in many containers: every process would compile the library, and every process of tests all tests, anew.
unexport PYTHONDONTWRITEBYTECODE
export THOROUGH

.PHONY: all china2012 china2012-extras tiny test test-slow test-all coverage docs rule-graph lint format config facts lock bench-entropy bench-competitors bench-leontief bench-scale bench-dense bench-run bench-ensemble bench-value export-tiny clean help

all: $(STAMP) ## the default run: a synthetic country of the paper's size (results/synthetic); CONFIG=file: the run of that file
	@$(call run,$(REPORTED),,$(RAW))
	@cat "results/$$($(BIN)/python -P -m citymrio run-name $(call quoted,$(REPORTED)))/summary.txt"

china2012: $(STAMP) ## China 2012 from public sources (results/china2012); RAW_DIR=folder takes the raw files from there
	@$(call china,china2012$(if $(EXTRAS_DIR),_extras))

china2012-extras: $(STAMP) ## the same with power plants and fixed investment (results/china2012_extras); EXTRAS_DIR=folder of these
	@$(call china,china2012_extras)

tiny: $(STAMP) ## a synthetic country of five provinces, every stage in about a minute (results/tiny)
	@$(call run,config/tiny.yaml)
	@cat results/tiny/summary.txt

# Tests on two processes, each file in one of them, in the order of tests/conftest.py.
TESTS = $(BIN)/python -P -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: $(TOOLS) ## the quick tests: every unit, and the whole run of the tiny country (some three minutes on two idle cores); ALL=yes: the slow ones too
	@$(TESTS) $(if $(ALL),,-m "not slow")

test-slow: $(TOOLS) ## the others: rebuilds, kills, disks, damage, fuzz, ensembles, documented commands, raw files of China (THOROUGH=yes: all of what repeats)
	@$(TESTS) -m slow

test-all: ## every test in one session, then those of the explorer's scripts (need node)
	@$(MAKE) --no-print-directory test ALL=yes
	@$(MAKE) --no-print-directory test-js

coverage: $(TOOLS) ## the quick tests, with the branches of the library that they reach: in total, and the least covered modules
	@$(TESTS) -m "not slow" --cov --cov-report=
	@$(BIN)/coverage report --sort=cover --skip-covered | sed -n '1,22p'
	@echo "Branch coverage of the quick tests (not of the jobs that Snakemake starts): $$($(BIN)/coverage report --format=total)%"

docs: $(TOOLS) ## the documentation site (site/index.html); fails on a link, page or docstring that leads nowhere
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet && echo site/index.html

rule-graph: $(STAMP) ## redraw the picture of the rules (docs/images/rules.png), after make tiny
	@$(BIN)/snakemake all --rulegraph --configfile config/tiny.yaml | $(BIN)/python docs/rules.py

lint: $(TOOLS) ## style of Python and Snakemake files, spelling, layers and types of the library, Snakemake's own checks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/snakefmt --check Snakefile workflow rules tests/calibration
	$(BIN)/codespell
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/mypy
	$(BIN)/snakemake --lint --configfile config/tiny.yaml
	@$(MAKE) --no-print-directory lint-js

format: $(TOOLS) ## rewrite Python and Snakemake files in the project's style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/snakefmt Snakefile workflow rules tests/calibration

config: $(TOOLS) ## rewrite what is generated: config/schema.json, tables of config/README.md and of docs/ (evidence.md too), numbers of docs/facts.csv
	$(BIN)/python docs/documents.py
	$(BIN)/python docs/evidence.py
	$(BIN)/python docs/facts.py

facts: $(TOOLS) ## take the numbers of docs/facts.csv, and the tables of gates, from the finished runs in results/, and write them into README and docs
	$(BIN)/python docs/facts.py results
	$(BIN)/python docs/evidence.py results

bench-entropy: $(TOOLS) ## time and accuracy of the entropy solver beside others
	$(BIN)/python tests/benchmarks/entropy.py

bench-leontief: $(TOOLS) ## time and memory of the factored Leontief solve beside the dense one
	$(BIN)/python tests/benchmarks/leontief.py

bench-scale: $(TOOLS) ## footprints of 30 to 10,000 regions, whole estimates by regions and by sectors (8 GiB)
	$(BIN)/python tests/benchmarks/scale.py

bench-dense: $(STAMP) ## time and memory of a table of 13,146 rows given cell by cell, after make (RUN=results/synthetic)
	$(BIN)/python tests/benchmarks/dense.py $(if $(RUN),--run $(call quoted,$(RUN)))

bench-competitors: $(TOOLS) ## time and memory of every method of make systems: [TRUTH_DIR=folder]
	$(BIN)/python tests/benchmarks/competitors.py $(if $(TRUTH_DIR),--truth-dir $(call quoted,$(TRUTH_DIR)))

bench-run: $(STAMP) ## time and memory of the default and China runs by rule (BEFORE=commit: beside that state; RAW_DIR=folder of China)
	$(BIN)/python tests/benchmarks/run.py $(if $(BEFORE),--before $(call quoted,$(BEFORE))) $(if $(RAW_DIR),--raw-dir $(call quoted,$(RAW_DIR)))

bench-ensemble: $(STAMP) ## seconds, memory and CPU by part of members of China's ensemble, after make china2012 (BEFORE=commit: beside that state, RUN_BEFORE=folder: its run; MEMBERS=20)
	$(BIN)/python tests/benchmarks/ensemble.py $(if $(BEFORE),--before $(call quoted,$(BEFORE))) $(if $(RUN),--run $(call quoted,$(RUN))) $(if $(RUN_BEFORE),--run-before $(call quoted,$(RUN_BEFORE))) $(if $(MEMBERS),--members $(call quoted,$(MEMBERS)))

bench-value: $(STAMP) ## collect what the tiny country lacks and compare the fall of its intervals with the one that was expected
	$(BIN)/python tests/benchmarks/value_of_data.py

export-tiny: $(STAMP) ## the nested table of the tiny country in pymrio's layout (results/tiny/mrio)
	@$(call run,config/tiny.yaml,mrio_table)

LOCK = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

# Engines of cvxpy that no run uses, 190 MB: what asks for one is told how to install it.
UNUSED := --no-emit-package scs --no-emit-package sparsediffpy

lock: ## rewrite the locks of envs/ (run, development, browser, storage, lowest, and the file for conda) from the files .in beside them (needs uv)
	$(LOCK) $(UNUSED) envs/run.in -o envs/run.lock
	$(LOCK) --constraints envs/run.lock envs/development.in -o envs/development.lock
	$(LOCK) --constraints envs/run.lock --constraints envs/development.lock envs/browser.in -o envs/browser.lock
	$(LOCK) --no-deps envs/storage.in -o envs/storage.lock
	$(LOCK) --no-deps envs/lowest.in -o envs/lowest.lock
	python3 envs/pin.py

clean: ## remove results and caches (not .venv, not downloaded files)
	if [ -L results ]; then rm results; elif [ -d results ]; then \
		find results -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +; fi
	rm -rf .snakemake .pytest_cache .ruff_cache .mypy_cache .hypothesis .coverage site

help: ## this list
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

$(STAMP): envs/run.lock
	@if [ -z $(call quoted,$(PYTHON)) ]; then \
		echo "citymrio needs Python 3.11, 3.12 or 3.13 with venv; none of '$(PYTHONS)' is one." >&2; \
		echo "Install one (on Debian: python3 and python3-venv), or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@if ! $(call quoted,$(PYTHON)) $(SUITS) 2>/dev/null; then \
		echo "citymrio needs Python 3.11, 3.12 or 3.13 with venv; PYTHON="$(call quoted,$(PYTHON))" is none" \
			"($$($(call quoted,$(PYTHON)) --version 2>&1 | head -n 1))." >&2; exit 1; fi
	@if [ -e $(BIN)/python ] && ! $(BIN)/python $(SUITS) 2>/dev/null; then \
		echo "$(VENV) is of another Python. Remove it (rm -r $(VENV)), then run make again." >&2; exit 1; fi
	@echo "Making $(VENV) with $$($(call quoted,$(PYTHON)) --version) from envs/run.lock (once; a few minutes)"
	@test -x $(BIN)/python || $(call quoted,$(PYTHON)) -P -m venv $(VENV)
	@$(BIN)/python envs/install.py
	@touch $@

$(TOOLS): $(STAMP) envs/development.lock
	@echo "Adding what tests, style and documentation need to $(VENV) from envs/development.lock (once)"
	@$(BIN)/python envs/install.py envs/development.lock
	@touch $@

-include make/*.mk
