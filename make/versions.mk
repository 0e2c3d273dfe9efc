# The tiny country on other versions than those of .venv: .github/workflows/versions.yml has a job for each.
.PHONY: test-versions version-lowest version-snakemake version-arrays

VERSIONS ?= lowest snakemake arrays 3.11 3.13 3.14
# $(call beside,folder): an environment that has the library and the packages of .venv, and its own packages before them.
PURELIB = -P -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
beside = $(BIN)/python -P -m venv --clear $(1) && \
	{ echo $(call quoted,$(CURDIR)/scripts); $(BIN)/python $(PURELIB); } > $$($(1)/bin/python $(PURELIB))/base.pth
PIP = -m pip --quiet --disable-pip-version-check install --only-binary :all:
# $(call on,environment): a run, a second one, results taken over, an altered one; what is said. Snakemake is started as a user does.
on = THOROUGH=yes $(1)/bin/python -P -m pytest -q tests/workflow/test_snakemake.py -k test_a_run

test-versions: $(addprefix version-,$(VERSIONS)) ## the tiny country on the lowest versions that are declared, on the newest Snakemake, on the newest numpy and pandas, and on every Python that is here; VERSIONS='lowest 3.14': on these (needs the network)

.venv-lowest/.installed: $(TOOLS) envs/lowest.lock
	@$(call beside,.venv-lowest)
	@.venv-lowest/bin/python $(PIP) --no-deps --require-hashes -r envs/lowest.lock
	@touch $@

version-lowest: .venv-lowest/.installed
	@$(call on,.venv-lowest)

version-snakemake: $(TOOLS)
	@$(call beside,.venv-newest)
	@.venv-newest/bin/python $(PIP) --upgrade "snakemake<10"
	@$(call on,.venv-newest)

version-arrays: $(TOOLS)
	@$(call beside,.venv-arrays)
	@.venv-arrays/bin/python $(PIP) --upgrade numpy pandas
	@$(call on,.venv-arrays)

# Another Python than that of .venv, with the packages of the lock; what make itself takes (SUITS) is not asked.
version-3.%:
	@if [ -e $(TOOLS) ] && $(BIN)/python -P -c 'import sys; sys.exit(sys.version_info[1] != $*)'; then $(call on,$(VENV)); \
	elif command -v python3.$* >/dev/null; then \
		$(MAKE) --no-print-directory VENV=.venv-3.$* PYTHON=python3.$* SUITS='-P -c "import venv, ensurepip"' .venv-3.$*/.development && \
		$(call on,.venv-3.$*); \
	else echo "python3.$* is not here: left out"; fi
