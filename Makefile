# What a user runs:       make demo
# What a contributor runs: make quick between edits, make test check before a commit; make help lists the rest

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
PLAYS  := $(VENV)/.plays
SPEC   ?= https://video.a2e.ai/dev/openapi-spec

# Three workers for two cores: many tests wait, for a process or a socket.
WORKERS ?= $(shell $(PYTHON) -c "import os; print(3 * (os.cpu_count() or 2) // 2)")
PYTEST  := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# The versions that `make test` runs some tests on, as far as they are on the machine.
OTHER_PYTHONS ?= 3.12 3.13

# No sandbox, no processes, no random documents, no statistics (marked slow), and one event loop.
QUICK    := tests/unit tests/test_house.py tests/test_surface.py

# The last release that runs on Node.js 20.
PRISM := 5.14.2

# Bytecode is kept, whatever the shell says: the tests start many processes, and each would compile all anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo demo-cluster quick test coverage check lint types imports fresh surface-check workflows surface \
        test-oldest test-fast test-pythons regenerate conformance bench chaos judge recipes docs lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "no python3.11 on the PATH; say make PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade -c requirements.lock pip
	$(BIN)/python -m pip install --quiet -c requirements.lock --group dev -e ".[sandbox,cli,sse,postgres,worker]"
	@touch $@

# The demo needs neither tests nor type checkers. What is there for them does for the demo, too.
$(PLAYS): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "no python3.11 on the PATH; say make PYTHON=..." >&2; exit 1; }
	@test $(READY) -nt pyproject.toml && test $(READY) -nt requirements.lock || { \
	    echo "installing what the demo needs into $(VENV)/"; \
	    $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	        -c requirements.lock -e ".[sandbox,cli]"; }
	@touch $@

demo: $(PLAYS) ## sixty jobs against a local A2E: uploads, faults, results in demo-output/
	@$(BIN)/python -m a2e_async.demo

demo-cluster: $(READY) ## three workers on one PostgreSQL, one killed, one frozen: jobs = made = paid = delivered
	@$(BIN)/python -m a2e_async.demo_cluster

quick: $(READY) ## the tests to run between edits: under a minute on two cores
	$(PYTEST) -k "not trio" -m "not slow" $(QUICK)

test: $(READY) ## all tests, and some of them on Python 3.12 and 3.13
	$(PYTEST)
	$(BIN)/python -m tests.pythons $(OTHER_PYTHONS)

# Tracing lines doubles the time of a test, so it is not part of `make test`, and covers the unit tests on asyncio.
coverage: $(READY) ## the coverage of a2e_async by its unit tests
	$(PYTEST) -m traced --cov --cov-report=term

test-pythons: $(READY) ## some tests on Python 3.12 and 3.13, as far as they are on the machine; warnings are errors
	$(BIN)/python -m tests.pythons $(OTHER_PYTHONS)

check: lint types imports fresh surface-check workflows ## lint, types, imports, generated code, public surface, workflows

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

imports: $(READY)
	$(BIN)/lint-imports --no-cache

fresh: $(READY)
	$(BIN)/python -m codegen check

surface-check: $(READY)
	$(BIN)/python -m tests.surface check $(if $(SURFACE_BASE),--base $(SURFACE_BASE))

workflows: $(READY)
	$(BIN)/zizmor --quiet --offline --pedantic .github
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

surface: $(READY) ## write the public names down; a change of them needs a line in CHANGELOG.md
	$(BIN)/python -m tests.surface write

test-oldest: ## the tests with the oldest dependencies that pyproject.toml allows
	$(PYTHON) -m venv $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip install --quiet --upgrade -c requirements.lock pip
	$(VENV)-oldest/bin/python tests/oldest.py > $(VENV)-oldest/constraints.txt
	$(VENV)-oldest/bin/python -m pip install --quiet -c $(VENV)-oldest/constraints.txt --group test -e ".[sandbox,cli,sse,postgres,worker]"
	$(VENV)-oldest/bin/python -m pytest -n auto --dist worksteal --both-loops

test-fast: $(READY) ## the tests on the faster transport of the extra "fast"
	$(PYTHON) -m venv $(VENV)-fast
	$(VENV)-fast/bin/python -m pip install --quiet --upgrade -c requirements.lock pip
	$(VENV)-fast/bin/python -m pip install --quiet -c requirements.lock --group test -e ".[sandbox,cli,sse,postgres,worker,fast]"
	A2E_HTTP=httpx2 $(VENV)-fast/bin/python -m pytest -n auto --dist worksteal

regenerate: $(READY) ## take upstream's document anew (SPEC=url-or-file), say what changed, test
	$(BIN)/python -m codegen regenerate $(if $(UNMATCHED),--unmatched=$(UNMATCHED)) $(SPEC)
	$(PYTEST)

conformance: $(READY) ## prove every operation of every resource, and write the table down
	$(BIN)/python -m tests.conformance.table

bench: $(READY) ## beside every peer; report and plots in tests/bench/results/ (two hours; BENCH=--quick: minutes)
	$(BIN)/python -m tests.bench $(BENCH)

chaos: $(READY) ## every fault, kill -9, several machines on one journal: jobs = tasks made = paid = delivered
	$(BIN)/python -m tests.chaos $(CHAOS)

# Both bring their own environment: what they need is none of the package's business.
judge: $(READY) ## strangers: Prism plays the API, Schemathesis tries the sandbox, Optic the summary (needs npm)
	$(PYTHON) -m venv $(VENV)-judge
	$(VENV)-judge/bin/python -m pip install --quiet --upgrade -c requirements.lock pip
	$(VENV)-judge/bin/python -m pip install --quiet --group judge
	npm install --silent --no-audit --no-fund --prefix $(VENV)-judge @stoplight/prism-cli@$(PRISM)
	mkdir -p $(VENV)-judge/optic
	cp tests/judge/optic.package.json $(VENV)-judge/optic/package.json
	npm install --silent --no-audit --no-fund --ignore-scripts --prefix $(VENV)-judge/optic
	$(BIN)/python -m tests.judge --prism $(VENV)-judge/node_modules/.bin/prism \
	    --schemathesis $(VENV)-judge/bin/schemathesis \
	    --optic $(VENV)-judge/optic/node_modules/.bin/optic $(JUDGE)

recipes: ## docs/examples with their engines and frameworks, a worker of each engine killed (RECIPES=names)
	$(PYTHON) -m venv $(VENV)-recipes
	$(VENV)-recipes/bin/python -m pip install --quiet --upgrade -c requirements.lock pip
	$(VENV)-recipes/bin/python -m pip install --quiet --group recipes -e ".[sandbox,postgres]"
	$(VENV)-recipes/bin/mypy --strict --untyped-calls-exclude distributed docs/examples
	$(VENV)-recipes/bin/python -m pytest -q tests/recipes tests/test_examples.py
	$(VENV)-recipes/bin/python -m tests.recipes $(RECIPES)

docs: ## the site of the documentation, in .site/; stops at a broken link
	$(PYTHON) -m venv $(VENV)-docs
	$(VENV)-docs/bin/python -m pip install --quiet --upgrade -c requirements.lock pip
	$(VENV)-docs/bin/python -m pip install --quiet --group docs
	$(VENV)-docs/bin/zensical build --clean --strict -f .mkdocs.yml

lock: $(READY) ## write down the versions that are installed now
	$(BIN)/python -m pip freeze --all --exclude-editable | grep -v '^setuptools==' > requirements.lock

clean: ## remove everything that is not in git
	rm -rf $(VENV) $(VENV)-[0-9]* $(VENV)-oldest $(VENV)-fast $(VENV)-bench $(VENV)-judge $(VENV)-recipes $(VENV)-docs .site demo-output dist build .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
