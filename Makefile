# nmfbench: `make` lists the targets. Python 3.11 or later is all that has to be there.
PYTHON ?= python3
# Your own cohort, its number of signatures (or auto), and signatures of yours to match.
CATALOGUE ?=
RANK ?=
REFERENCE ?=
STUDY ?= $(if $(CATALOGUE),own$(if $(filter auto,$(RANK)),-ranks),demo)
CORES ?= $(shell getconf _NPROCESSORS_ONLN)
# More of config.yaml's keys, e.g. CONFIG="cohorts=ovary models=nmf,ae-nmf"
CONFIG ?=
# Where the CPU build of torch is looked for; on Linux the default index has the CUDA build.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TORCH := $(shell sed -n 's/.*"\(torch==[^"]*\)".*/\1/p' pyproject.toml)
SNAKEMAKE := $(BIN)/snakemake --cores $(CORES)
SETTINGS := --config study=$(STUDY) $(if $(CATALOGUE),catalogue=$(CATALOGUE)) \
	$(if $(RANK),rank=$(RANK)) $(if $(REFERENCE),reference=$(REFERENCE)) $(CONFIG)
# The results of a catalogue have the name of its file as far as the first dot.
RESULTS := results/$(STUDY)$(addprefix -,$(firstword $(subst ., ,$(notdir $(CATALOGUE)))))

.PHONY: help setup run report test bench coverage rank-rules drawings lint clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

setup: $(READY)  ## create .venv with the pinned packages

$(READY): pyproject.toml envs/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "nmfbench needs Python 3.11 or later: make PYTHON=python3.12 ..."; exit 1; }
	@echo "setting up $(VENV) (once; a few minutes) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --retries 1 --no-deps \
		$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) $(TORCH)
	@$(BIN)/pip install -q -c envs/constraints.txt -e '.[test]'
	@touch $@

run: $(READY)  ## run a study, or a catalogue of yours: make run CATALOGUE=mine.tsv RANK=5
	$(SNAKEMAKE) --logger rich --no-hooks $(SETTINGS)
	@$(MAKE) --no-print-directory report

report: $(READY)  ## say where the report of a study is, and how its files were made
	@$(SNAKEMAKE) --quiet all --no-hooks $(SETTINGS) -- report
	@$(BIN)/snakemake $(SETTINGS) --report $(RESULTS)/provenance.html >results/report.log 2>&1 || \
		{ cat results/report.log; exit 1; }
	@cat $(RESULTS)/answer.txt
	@echo "report: $(RESULTS)/report.html; how its files were made: $(RESULTS)/provenance.html"
	@echo "tables: $(RESULTS)/tables, figures: $(RESULTS)/figures"

# One worker more than there are cores: the tests of the cluster mostly wait for its scheduler.
test: $(READY)  ## run the whole test suite
	$(BIN)/python -m pytest -n $$(($(CORES) + 1))

bench: $(READY)  ## measure the speed of the methods against plain transcriptions
	$(BIN)/python tests/bench/bench.py

rank-rules: $(READY)  ## measure how often each rule finds the number of signatures
	$(BIN)/python tests/bench/rank_rules.py

coverage: $(READY)  ## measure how often the intervals hold the truth; writes docs/intervals.md
	OMP_NUM_THREADS=1 $(BIN)/python tests/bench/coverage.py

drawings: $(READY)  ## draw the architectures; writes docs/architectures.md
	$(BIN)/python docs/architectures.py

lint: $(READY)  ## check style: ruff and snakefmt
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/snakefmt --check --no-format-shell Snakefile workflow/rules

clean:  ## remove .venv; results stay
	rm -rf $(VENV)
