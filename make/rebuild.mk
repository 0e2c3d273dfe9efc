# Whether a run is whole, what a change rebuilds, and what a killed run comes back to.
.PHONY: verify test-rebuild test-kill test-mutations

SET_ASIDE ?=
TAKE_OVER ?=
REBUILD_TABLE ?= results/benchmarks/rebuild.csv

verify: $(STAMP) ## what of a run was altered, is missing, stale or left over; changes nothing: CONFIG=file (SET_ASIDE=yes moves what is left over; TAKE_OVER=yes takes finished results that were brought here for ours)
	@$(BIN)/python -P -m citymrio verify $(call quoted,$(or $(CONFIG),config/config.yaml)) \
		$(if $(RAW_DIR),--raw-dir $(call quoted,$(RAW_DIR))) $(if $(EXTRAS_DIR),--extras-dir $(call quoted,$(EXTRAS_DIR))) \
		$(if $(filter-out file undefined,$(origin MEMBERS)),--members $(call quoted,$(MEMBERS))) $(if $(SET_ASIDE),--set-aside) $(if $(TAKE_OVER),--take-over)

test-rebuild: $(TOOLS) ## change -> jobs expected -> jobs run, as a table; fails on any difference (results/benchmarks/rebuild.csv)
	@THOROUGH=yes REBUILD_TABLE=$(call quoted,$(REBUILD_TABLE)) $(BIN)/python -P -m pytest -q --durations=0 --durations-min=1000 \
		tests/workflow/test_tiny_rebuild.py tests/workflow/test_china_rebuild.py tests/workflow/test_speed.py

test-kill: $(TOOLS) ## kill a run at N=20 random moments (SEED=1), go on with the same command, compare every byte
	@$(BIN)/python tests/workflow/kill_points.py --number $(if $(filter file,$(origin N)),20,$(N)) --seed $(SEED)

test-mutations: $(TOOLS) ## change N=60 files that a run opens (SEED=1) and compare what is made anew with a run from scratch
	@$(BIN)/python tests/workflow/mutations.py --number $(if $(filter file,$(origin N)),60,$(N)) --seed $(SEED)
