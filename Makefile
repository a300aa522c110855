# What a user runs:       make demo
# What a contributor runs: make test check, make regenerate, make bench, make chaos

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
SPEC   ?= https://video.a2e.ai/dev/openapi-spec

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types fresh test-oldest test-fast regenerate conformance bench chaos lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "no python3.11 on the PATH; say make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade -c requirements.lock pip
	$(BIN)/python -m pip install --quiet -c requirements.lock --group dev -e ".[sandbox,cli,sse]"
	@touch $@

demo: $(READY) ## sixty jobs against a local A2E: uploads, faults, results in demo-output/
	@$(BIN)/python -m a2e_async.demo

test: $(READY) ## all tests
	$(BIN)/python -m pytest -n auto --dist worksteal

check: lint types fresh ## lint, types, generated code is what the document gives

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

fresh: $(READY)
	$(BIN)/python -m codegen check

test-oldest: ## the tests with the oldest dependencies that pyproject.toml allows
	$(PYTHON) -m venv $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip install --quiet --upgrade -c requirements.lock pip
	$(VENV)-oldest/bin/python tests/oldest.py > $(VENV)-oldest/constraints.txt
	$(VENV)-oldest/bin/python -m pip install --quiet -c $(VENV)-oldest/constraints.txt --group dev -e ".[sandbox,cli,sse]"
	$(VENV)-oldest/bin/python -m pytest -n auto --dist worksteal

test-fast: $(READY) ## the tests on the faster transport of the extra "fast"
	$(PYTHON) -m venv $(VENV)-fast
	$(VENV)-fast/bin/python -m pip install --quiet --upgrade -c requirements.lock pip
	$(VENV)-fast/bin/python -m pip install --quiet -c requirements.lock --group dev -e ".[sandbox,cli,sse,fast]"
	$(VENV)-fast/bin/python -m pytest -n auto --dist worksteal

regenerate: $(READY) ## take upstream's document anew (SPEC=url-or-file), say what changed, test
	$(BIN)/python -m codegen regenerate $(if $(UNMATCHED),--unmatched=$(UNMATCHED)) $(SPEC)
	$(BIN)/python -m pytest -n auto --dist worksteal

conformance: $(READY) ## prove every operation of every resource, and write the table down
	$(BIN)/python -m tests.conformance.table

bench: $(READY) ## beside every peer; report and plots in tests/bench/results/ (two hours; BENCH=--quick: minutes)
	$(BIN)/python -m tests.bench $(BENCH)

chaos: $(READY) ## every fault at several rates, and kill -9 a hundred times: jobs = tasks made = paid = delivered
	$(BIN)/python -m tests.chaos $(CHAOS)

lock: $(READY) ## write down the versions that are installed now
	$(BIN)/python -m pip freeze --all --exclude-editable | grep -v '^setuptools==' > requirements.lock

clean: ## remove everything that is not in git
	rm -rf $(VENV) $(VENV)-oldest $(VENV)-fast $(VENV)-bench demo-output dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
