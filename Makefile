# Two commands on a fresh machine: `make run` and `make test`. Needs Python 3.11+ and nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
UV_VERSION := 0.13.9
PYTHON ?= python3
INNER_TIERS := tests/unit tests/integration
OUTER_TIERS := tests/serve tests/acceptance tests/load tests/chaos
DATA_DIR_OPTION := $(if $(DATA_DIR),--data-dir $(DATA_DIR),)

.PHONY: help setup setup-dev run down test check format lint types imports tests bench chaos full soak lock demo clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Nightdesk needs Python 3.11 or newer: set PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# A stamp a set: installing again costs nothing while the lock file stays the same.
$(VENV)/.product: requirements.lock pyproject.toml | $(UV)
	$(UV) pip install --quiet --require-hashes -r requirements.lock
	$(UV) pip install --quiet --no-deps --editable .
	$(PY) -m serve_app.embedded.parts.kafka_jars
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.product
	$(UV) pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.product ## Make .venv with the product and fetch Kafka's jars (no PyTorch)

setup-dev: $(VENV)/.dev ## The same with the test tools and the ML workbench (PyTorch)

run: setup ## Start the whole product on this machine, in the foreground (Ctrl-C stops it)
	@$(VENV)/bin/nightdesk up $(DATA_DIR_OPTION)

down: ## Stop what `make run` or `nightdesk up` started
	@$(VENV)/bin/nightdesk down $(DATA_DIR_OPTION)

demo: setup ## Play the sample tickets through the running product
	@$(VENV)/bin/nightdesk demo $(DATA_DIR_OPTION)

test: check tests ## Every check and every test

check: format lint types imports ## Formatting, lint, types and import contracts

format: setup-dev
	$(VENV)/bin/ruff format --check .

lint: setup-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/squawk --config .squawk.toml db/migrations/*.sql

types: setup-dev
	$(VENV)/bin/mypy

imports: setup-dev
	$(VENV)/bin/lint-imports

tests: setup-dev
	@# Most of the inner tiers' tests wait rather than work, so two run at a time, a module each; the whole product, then, alone.
	@# Both runs are made, so that one look shows everything that is broken.
	failed=0; \
	$(VENV)/bin/pytest $(INNER_TIERS) --numprocesses 2 --dist loadfile --cov --cov-report= || failed=1; \
	$(VENV)/bin/pytest $(OUTER_TIERS) --cov --cov-append --cov-report=term:skip-covered --cov-fail-under=80 || failed=1; \
	exit $$failed

bench: setup ## Latency and throughput per node of the running product
	@$(VENV)/bin/nightdesk bench latency $(DATA_DIR_OPTION)
	@$(VENV)/bin/nightdesk bench pipeline $(DATA_DIR_OPTION)

chaos: setup-dev ## The full kill tests (20 rounds; `make test` holds a short slice)
	CHAOS_ROUNDS=20 $(VENV)/bin/pytest tests/chaos --no-cov -q --timeout 7200

full: setup-dev ## The tests at the sizes that are promised (an hour and more; `make test` holds slices)
	$(VENV)/bin/pytest -m full --no-cov -q --timeout 7200

soak: setup-dev ## Forms at a steady rate: SOAK_MINUTES (30) at SOAK_RATE (10 a second); memory and tables stay flat
	$(VENV)/bin/pytest tests/load/test_soak.py -m full --no-cov -q -s --timeout 7200

lock: $(UV) ## Resolve the dependencies anew and write the hashed lock files
	$(UV) pip compile --quiet --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --generate-hashes --no-header --python-version 3.11 --extra workbench --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## Remove the virtual environment and caches (the data directory stays)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
