# What a run predicts of data that it is not told (docs/validation.md).
.PHONY: validation

FOLDS ?=
VALIDATION_CONFIG = $(or $(CONFIG),config/config.yaml)

validation: $(STAMP) ## leave CO2 totals and values added of cities out and predict them (CONFIG=config/china2012.yaml [FOLDS=5])
	@$(call run,$(VALIDATION_CONFIG),validation,$(if $(FOLDS),'validation={folds: $(FOLDS)}') $(RAW)) && \
	run=$$($(BIN)/python -P -m citymrio run-name $(call quoted,$(VALIDATION_CONFIG))) && \
	cut -d, -f1-14 "results/$$run/validation/scores.csv"
