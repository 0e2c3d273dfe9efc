# Known truth and uncertainty: targets beside the default run.
.PHONY: truth systems interval-coverage

TRUTH ?=
REGIONS ?=
SECTORS ?=
GROUPS ?=
FIT ?=

truth: $(STAMP) ## accuracy on a known table: TRUTH=file.npz REGIONS=file.csv [SECTORS=file.csv] [GROUPS=5] [FIT=priors.csv] (results/truth)
	@$(BIN)/snakemake --cores 1 --snakefile tests/calibration/truth/truth.smk --config $(call quoted,truth=$(TRUTH)) \
		$(call quoted,regions=$(REGIONS)) $(call quoted,sectors=$(SECTORS)) $(call quoted,fit=$(FIT)) \
		$(call quoted,groups=$(GROUPS)) $(call quoted,seed=$(if $(GROUPS),$(SEED)))
	@name=$$(basename $(call quoted,$(TRUTH))); folder="results/truth/$${name%.*}"; \
	grep -E '^case|^three_industries,[a-z_]+,(flows_inside|flows_across|own_use|footprint|production)_[a-z]+,all,' "$$folder/accuracy.csv"; \
	sed -n '2,$$s/^/warning: /p' "$$folder/warnings.csv"

SYSTEMS ?= config/systems.csv
TRUTH_DIR ?=
TRADE_DIR ?=

systems: $(STAMP) ## every method on a list of systems of known truth, side by side: SYSTEMS=list.csv [TRUTH_DIR=folder] [TRADE_DIR=folder] (results/truth)
	@$(BIN)/snakemake --cores $(CORES) --snakefile tests/calibration/truth/truth.smk --config $(call quoted,systems=$(SYSTEMS)) \
		$(call quoted,truth_dir=$(TRUTH_DIR)) $(call quoted,trade_dir=$(TRADE_DIR))
	@list=$$(basename $(call quoted,$(SYSTEMS))); cut -d, -f1-12 "results/truth/$${list%.*}/systems.csv"

interval-coverage: $(STAMP) ## how many intervals of an ensemble hold the truth, on a list of systems: SYSTEMS=list.csv [TRUTH_DIR=folder] [TRADE_DIR=folder] [MEMBERS=100] (results/truth)
	@$(BIN)/snakemake systems_coverage --cores $(CORES) --snakefile tests/calibration/truth/truth.smk --config $(call quoted,systems=$(SYSTEMS)) \
		$(call quoted,truth_dir=$(TRUTH_DIR)) $(call quoted,trade_dir=$(TRADE_DIR)) $(call quoted,members=$(if $(filter file,$(origin MEMBERS)),100,$(MEMBERS)))
	@list=$$(basename $(call quoted,$(SYSTEMS))); awk -F, 'NR == 1 || $$4 == 0.9' "results/truth/$${list%.*}/coverage.csv"

# The ensemble of a run: `make uncertainty CONFIG=config/china2012.yaml`

.PHONY: uncertainty

MEMBERS ?= 200

uncertainty: $(STAMP) ## a run with intervals of every city and number, by an ensemble (CONFIG=config/china2012.yaml MEMBERS=200)
	@$(call run,$(or $(CONFIG),config/config.yaml),all uncertainty,'uncertainty={members: $(MEMBERS)}' $(RAW))

# What is worth collecting: an ensemble that is there is used as it is, unless MEMBERS is given.
.PHONY: value-of-data

VALUE_CONFIG = $(or $(CONFIG),config/config.yaml)
VALUE_MEMBERS = $(if $(filter file,$(origin MEMBERS)),$$($(BIN)/python -P -m citymrio members $(call quoted,$(VALUE_CONFIG))),$(MEMBERS))

value-of-data: $(STAMP) ## which statistics of cities would narrow the intervals most (CONFIG=config/china2012.yaml [MEMBERS=100])
	@members="$(VALUE_MEMBERS)" && $(call run,$(VALUE_CONFIG),value_of_data_report,"uncertainty={members: $$members}" $(RAW)) && \
	run=$$($(BIN)/python -P -m citymrio run-name $(call quoted,$(VALUE_CONFIG))) && \
	echo "results/$$run/uncertainty/value_of_data.html"
