# The verbs of the project, the same on a laptop and on CI. `make help` lists them.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
PRODUCTION := env DJANGO_SETTINGS_MODULE=notification_engine.settings.production ALLOWED_HOSTS=api.example.com \
	SECRET_KEY=only-for-make-lint-0123456789-abcdefghijklmnopqrstuvwxyz REDIS_URL=redis://localhost:6379/0

.PHONY: help run test test-next bell-tools chaos chaos-mutants lint bench bell clean
.DEFAULT_GOAL := help

help:  ## list the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/.runtime  ## install, migrate and start on http://localhost:8000 (PORT=8001 for another port)
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python -m notification_engine.development_admin
	@echo "Start page http://localhost:$(PORT)/   administration http://localhost:$(PORT)/admin/   API http://localhost:$(PORT)/api/docs"
	@exec $(BIN)/python manage.py runserver --noreload $(PORT)

test: .venv/.tools bell-tools  ## run every test (ARGS="-k word" for some)
	@$(BIN)/python -m pytest $(ARGS)

test-next: requirements.txt requirements-dev.txt bell-tools  ## run every test on Python 3.13 and Django 6.1
	@.ci/test-next $(ARGS)

chaos: .venv/.tools  ## break servers, Redis and links for a while, and judge (SECONDS=600 SEED=7)
	@$(BIN)/python -m tests.chaos $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

chaos-mutants: .venv/.tools  ## break the engine on purpose: the judge must find each (ARGS="sweep-off")
	@$(BIN)/python -m tests.chaos.mutants $(ARGS)

lint: .venv/.tools  ## style, types, import contracts, migrations, deployment check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@if command -v npm >/dev/null; then $(MAKE) --silent node_modules/.ready && npm run --silent check; \
	else echo "The types of the bell were not checked: apt-get install nodejs npm"; [ -z "$$CI" ]; fi

bench: .venv/.tools  ## measure beside a baseline (ARGS="latency --runs 1" for some)
	@$(BIN)/python -m benchmarks $(ARGS)

bell: node_modules/.ready  ## build the bell's one file from notifications/bell
	@npm run --silent build

clean:  ## remove the environments and caches; the database stays
	@rm -rf .venv .venv-next node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.venv/.runtime: requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make run PYTHON=python3.13")'
	@echo "Installing into .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.tools: .venv/.runtime requirements-dev.txt
	@echo "Installing the tools into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

bell-tools:
	@if command -v npm >/dev/null; then $(MAKE) --silent node_modules/.ready || echo "Without them some tests of the bell are skipped."; fi

node_modules/.ready: package.json package-lock.json
	@echo "Installing the bell's tools into node_modules"
	@npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@
