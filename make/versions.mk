# The tiny country on the lowest versions that are declared, and on the newest there are, with the other packages of .venv.
.PHONY: test-versions

LOWEST := .venv-lowest
NEWEST := .venv-newest
# $(call beside,folder): an environment that has the packages of .venv, and its own before them.
beside = $(BIN)/python -P -m venv --clear $(1) && $(BIN)/python -P -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	> $$($(1)/bin/python -P -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/base.pth
PIP = -m pip --quiet --disable-pip-version-check install --only-binary :all:

$(LOWEST)/.installed: $(TOOLS) envs/lowest.lock
	@$(call beside,$(LOWEST))
	@$(LOWEST)/bin/python $(PIP) --no-deps --require-hashes -r envs/lowest.lock
	@touch $@

test-versions: $(LOWEST)/.installed ## the tiny country on the lowest versions that are declared, and on the newest Snakemake, numpy and pandas (needs the network)
	@$(LOWEST)/bin/python -P -m pytest -q tests/workflow/test_snakemake.py -k test_a_run
	@$(call beside,$(NEWEST))
	@$(NEWEST)/bin/python $(PIP) --upgrade "snakemake<10" numpy pandas
	@$(NEWEST)/bin/python -P -m pytest -q tests/workflow/test_snakemake.py -k test_a_run
