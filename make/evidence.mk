# Whether intervals hold the truth, on small countries whose own parameters are drawn (docs/accuracy.md, "How intervals are proven").
.PHONY: evidence

evidence: $(STAMP) ## whether the intervals of every headline number hold the truth: N=200 countries SEED=1 [MEMBERS=12] (results/evidence)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -W ignore tests/calibration/prove_intervals.py \
		--number $(call quoted,$(N)) --seed $(call quoted,$(SEED)) --cores $(call quoted,$(CORES)) \
		$(if $(filter file undefined,$(origin MEMBERS)),,--members $(call quoted,$(MEMBERS)))
