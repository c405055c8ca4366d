# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Needed beforehand: Python 3.11 or newer, Node 20 or newer, git. No root.

VENV    ?= .venv
PYTHON  ?= $(shell tools/find-python)
BIN     := $(VENV)/bin
MANAGE  := $(BIN)/python manage.py
HOST    ?= 127.0.0.1
PORT    ?= 8000
FRONTEND_SOURCES := $(shell find frontend/src -type f 2>/dev/null) $(wildcard frontend/*.json frontend/*.js frontend/*.mjs frontend/*.cjs)

.DEFAULT_GOAL := help
.PHONY: help demo up test test-fast test-slow test-server test-e2e test-frontend check fix generate pictures lock clean system

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk 'BEGIN {FS = ":.*## "}; {printf "  %-14s %s\n", $$1, $$2}'

# --- install and build -------------------------------------------------------

$(VENV)/.app: requirements/app.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found. Install it, or say: make PYTHON=/path/to/python3.11 demo"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/app.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.app requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt
	@touch $@

frontend/node_modules/.installed: frontend/package-lock.json
	@tools/check-node
	cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/webpack-stats.json: frontend/node_modules/.installed $(FRONTEND_SOURCES)
	cd frontend && npm run --silent build

# --- use ---------------------------------------------------------------------

demo: $(VENV)/.app frontend/dist/webpack-stats.json ## Install, build and start the studio with its demo projects
	$(MANAGE) up --demo --host $(HOST) --port $(PORT)

up: $(VENV)/.app frontend/dist/webpack-stats.json ## Start the studio (embedded mode) without touching the demo projects
	$(MANAGE) up --host $(HOST) --port $(PORT)

# --- test --------------------------------------------------------------------

test: system $(VENV)/.dev frontend/dist/webpack-stats.json ## Run everything that this machine can run; say what it cannot
	VENV=$(VENV) tools/run-tests

test-fast: $(VENV)/.dev ## The fast part of the suite
	VENV=$(VENV) tools/run-tests fast

test-slow: $(VENV)/.dev ## Tests marked slow or realdata
	VENV=$(VENV) tools/run-tests slow

test-server: $(VENV)/.dev ## The web tests on PostgreSQL and Redis
	VENV=$(VENV) tools/run-tests server

test-e2e: $(VENV)/.dev frontend/dist/webpack-stats.json ## The browser tests
	VENV=$(VENV) tools/run-tests e2e

test-frontend: frontend/node_modules/.installed ## The TypeScript tests
	VENV=$(VENV) tools/run-tests frontend

system: ## Install PostgreSQL, Redis and Chromium where allowed, else name what is missing
	@tools/system-packages

check: $(VENV)/.dev frontend/node_modules/.installed ## Lint, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	cd frontend && npm run --silent check

fix: $(VENV)/.dev frontend/node_modules/.installed ## Format and repair what a tool can repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	cd frontend && npm run --silent fix

generate: $(VENV)/.dev frontend/node_modules/.installed ## OpenAPI, wire types and the TypeScript made from them
	$(MANAGE) export_openapi
	$(MANAGE) export_wire_types
	cd frontend && npm run --silent generate

pictures: $(VENV)/.dev frontend/dist/webpack-stats.json ## Take the README's pictures anew from the running product
	$(BIN)/python -m tests.e2e.pictures

lock: $(VENV)/.dev ## Lock the Python requirements anew
	tools/lock-requirements $(BIN)

clean: ## Remove everything that can be made again (never data)
	rm -rf $(VENV) frontend/node_modules frontend/dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build *.egg-info
