# Your own country: a folder to fill in, and checks that run nothing.
.PHONY: dataset-template check-data fuzz

DIR ?= mydata
N ?= 200
SEED ?= 1
FUZZ ?= toy

dataset-template: $(STAMP) ## an empty, commented dataset folder and a filled toy example: DIR=folder (mydata)
	@$(BIN)/python -P -m citymrio template $(call quoted,$(DIR))

check-data: $(STAMP) ## every fault of a configuration and its dataset at once, without running: CONFIG=file
	@$(BIN)/python -P -m citymrio check $(call quoted,$(or $(CONFIG),$(DIR)/config.yaml))

fuzz: $(TOOLS) ## damage one thing at random N times and count what came of it: N=2000 SEED=1 FUZZ=toy|tiny
	@$(BIN)/python tests/fuzz/fuzz.py --number $(N) --seed $(SEED) --country $(FUZZ)
