# Submission to Slurm (docs/cluster.md), tried on a cluster of this machine alone; jobs that share only a storage (docs/cloud.md).
.PHONY: test-slurm test-storage image

NODES ?=

test-slurm: $(TOOLS) ## the tiny country and China on a Slurm of one and of four nodes, beside local runs (NODES=1: the estimate of tiny, on one; THOROUGH=yes: its run; needs slurm-wlm, munge)
	@RAW_DIR=$(call quoted,$(RAW_DIR)) $(BIN)/python -P -m pytest \
		$(if $(filter 1,$(NODES)),tests/cluster/test_local_slurm.py tests/cluster/test_slurm.py,tests/cluster)

# The packages of .venv, and the plugin on top.
STORAGE := .venv-storage

$(STORAGE)/.installed: $(TOOLS) envs/storage.lock
	@$(call beside,$(STORAGE))
	@$(STORAGE)/bin/python -P -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r envs/storage.lock
	@touch $@

test-storage: $(STORAGE)/.installed ## a run whose jobs share only a storage, with the storage plugin fs (needs rsync)
	@$(STORAGE)/bin/python -P -m pytest tests/workflow/test_storage.py

image: ## an image whose command is the default run (envs/Dockerfile; needs docker)
	@command -v docker >/dev/null || { echo "make image needs docker, which is not installed." >&2; exit 1; }
	@docker build --file envs/Dockerfile --tag citymrio .
