# transhumance: `make help` lists the targets.
PY      ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
STAMP   := $(VENV)/.installed
JOBS    ?= 2
PYTEST  := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-servers test test-fast test-slow chaos soak check bench bench-short lock clean docs

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

$(STAMP): requirements.lock pyproject.toml setup.py
	@./fixtures/system-packages.sh base
	$(PY) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(STAMP) ## create .venv with the pinned dependencies

demo: $(STAMP) ## main job on the sample estate, into demo/
	@rm -rf demo
	$(BIN)/transhume demo demo

demo-servers: $(STAMP) ## people from a live Active Directory to slapd and Keycloak and back, into build/demo-servers/
	@./fixtures/system-packages.sh tests
	$(BIN)/python -m transhumance.fixtures.demo_servers build/demo-servers

test: $(STAMP) ## everything tests need, then checks, short benchmarks and all tests
	@./fixtures/system-packages.sh tests
	$(MAKE) --no-print-directory check
	$(BIN)/python -m benchmarks --short
	$(PYTEST) -q -n $(JOBS) --dist loadgroup

test-fast: $(STAMP) ## tests that need no server and no browser, under 2 minutes
	$(PYTEST) -q -n $(JOBS) --dist loadgroup -m "not slow and not server"

test-slow: $(STAMP) ## only the slow tests
	@./fixtures/system-packages.sh tests
	$(PYTEST) -q -n $(JOBS) --dist loadgroup -m slow

chaos: $(STAMP) ## kill -9 at every ledger boundary, long form
	TRANSHUMANCE_CHAOS=long $(PYTEST) -q tests/plans/chaos

check: $(STAMP) ## ruff, types, import direction, dead links, generated pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tests/tools/dead_links.py
	$(BIN)/python tests/tools/generated_pages.py --check

docs: $(STAMP) ## write the generated pages (catalogue of loss codes, connectors, schemas) again
	$(BIN)/python tests/tools/generated_pages.py

bench: $(STAMP) ## benchmarks, long form, each with its peer in the same run
	@./fixtures/system-packages.sh tests
	$(BIN)/python -m benchmarks

bench-short: $(STAMP) ## benchmarks, short form
	@./fixtures/system-packages.sh tests
	$(BIN)/python -m benchmarks --short

lock: ## pin the dependencies again (needs uv)
	uv pip compile pyproject.toml --all-extras --group dev --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements.lock

clean: ## remove what the targets made
	rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache
