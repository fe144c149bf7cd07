# nmfbench: `make` lists the targets. Python 3.11 or later is all that has to be there.
PYTHON ?= python3
# Your own cohort, its number of signatures (or auto), and signatures of yours to match.
CATALOGUE ?=
RANK ?=
REFERENCE ?=
ifeq ($(origin STUDY),undefined)
STUDY := $(if $(value CATALOGUE),own$(if $(filter auto,$(value RANK)),-ranks),demo)
endif
ifeq ($(origin CORES),undefined)
CORES := $(shell getconf _NPROCESSORS_ONLN)
endif
# More of config.yaml's keys, e.g. CONFIG="cohorts=ovary models=nmf,ae-nmf"
CONFIG ?=
# How long `make fuzz` looks.
MINUTES ?= 5
# Where the CPU build of torch is looked for; on Linux the default index has the CUDA build.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

# What is typed is text: make does not expand it, nor does the shell.
unexport CATALOGUE RANK REFERENCE STUDY CORES CONFIG MINUTES
quote = '$(subst ','\'',$(1))'
define NEWLINE


endef
$(foreach x,CATALOGUE RANK REFERENCE STUDY CORES CONFIG MINUTES,$(if $(findstring $(NEWLINE),$(value $(x))), \
	$(error $(x) has a line break in it)))

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
TORCH := $(shell sed -n 's/.*"\(torch==[^"]*\)".*/\1/p' pyproject.toml)
SNAKEMAKE := $(BIN)/snakemake --cores $(call quote,$(value CORES))
given = $(if $(value $(1)),$(call quote,$(2)=$(value $(1))))
SETTINGS := --config $(call given,STUDY,study) $(call given,CATALOGUE,catalogue) \
	$(call given,RANK,rank) $(call given,REFERENCE,reference) \
	$(foreach word,$(value CONFIG),$(call quote,$(word)))
# Where the results are: asked of the package, which makes a name of the catalogue's.
RESULTS := $(BIN)/python -m nmfbench.names $(call quote,$(value STUDY)) $(call quote,$(value CATALOGUE))

.PHONY: writable help setup run report test test-fast bench fuzz coverage rank-rules drawings lint clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 18

setup: $(READY)  ## create .venv with the pinned packages

$(READY): pyproject.toml envs/constraints.txt | writable
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "nmfbench needs Python 3.11 or later: make PYTHON=python3.12 ..."; exit 1; }
	@echo "setting up $(VENV) (once; a few minutes) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install -q --retries 1 --no-deps \
		$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) $(TORCH)
	@$(BIN)/pip install -q -c envs/constraints.txt -e '.[test]'
	@$(BIN)/pip install -q -c envs/constraints.txt --only-binary lda lda || \
		echo "lda has no wheel for this Python and platform: james2026 has to leave out its words"
	@touch $@

# Results, downloads and the packages go here.
writable:
	@test -w . || { echo "error: $(CURDIR) cannot be written: clone nmfbench where it can"; exit 1; }

run: writable $(READY)  ## run a study, or a catalogue of yours: make run CATALOGUE=mine.tsv RANK=5
	$(SNAKEMAKE) --logger rich --no-hooks $(SETTINGS)
	@$(MAKE) --no-print-directory report

report: $(READY)  ## say where the report of a study is, and how its files were made
	@$(SNAKEMAKE) --no-hooks $(SETTINGS) -- report >results/report.log 2>&1 || \
		{ cat results/report.log; exit 1; }
	@made=$$($(RESULTS)) && \
	{ $(BIN)/snakemake $(SETTINGS) --report "$$made/provenance.html" >results/report.log 2>&1 || \
		{ cat results/report.log; exit 1; }; } && \
	cat "$$made/answer.txt" && \
	echo "report: $$made/report.html; how its files were made: $$made/provenance.html" && \
	echo "tables: $$made/tables, figures: $$made/figures"

# One worker more than there are cores: the tests of the cluster mostly wait for its scheduler.
test: $(READY)  ## run the whole test suite
	$(BIN)/python -m pytest \
		-n "$$($(BIN)/python -c 'import sys; print(int(sys.argv[1]) + 1)' $(call quote,$(value CORES)))"

test-fast: $(READY)  ## run the tests that start no workflow
	$(BIN)/python -m pytest -q -m "not slow" -n "$$($(BIN)/python -c 'import os; print(os.cpu_count())')"

bench: $(READY)  ## measure the speed of the methods against plain transcriptions
	$(BIN)/python tests/bench/bench.py

rank-rules: $(READY)  ## measure how often each rule finds the number of signatures
	$(BIN)/python tests/bench/rank_rules.py

fuzz: $(READY)  ## try catalogues, configs and studies at random for some minutes: make fuzz MINUTES=5
	$(BIN)/python tests/bench/fuzz.py $(call quote,$(value MINUTES))

coverage: $(READY)  ## measure how often the intervals hold the truth; writes docs/intervals.md
	OMP_NUM_THREADS=1 $(BIN)/python tests/bench/coverage.py

drawings: $(READY)  ## draw the architectures; writes docs/architectures.md
	$(BIN)/python docs/architectures.py

lint: $(READY)  ## check style: ruff and snakefmt
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	$(BIN)/snakefmt --check --no-format-shell Snakefile workflow/rules

clean:  ## remove .venv; results stay
	rm -rf $(VENV)
