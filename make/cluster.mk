# Submission to Slurm (docs/cluster.md), tried on a cluster of this machine alone.
.PHONY: test-slurm

test-slurm: $(STAMP) ## the tiny country and China on a Slurm of one and of four nodes, beside local runs (needs slurm-wlm, munge)
	@RAW_DIR=$(call quoted,$(RAW_DIR)) $(BIN)/python -m pytest tests/cluster
