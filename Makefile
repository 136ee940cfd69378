# Relais: `make run` sets everything up and runs it here, `make test` tests everything.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.DEFAULT_GOAL := check
.PHONY: check help install run test lint package deploy browser audit verify year lives

check: lint test ## Lint and test (what a bare `make` does)

help: ## Say what each target does
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort

install: $(READY) ## Install what Relais needs, here in .venv

$(READY): requirements.txt requirements-dev.txt requirements-emulator.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Relais needs Python 3.11 or later; this is " + sys.version.split()[0])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Relais needs Python's venv and pip; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing (once; a minute or two)"
	@$(PYTHON) -m venv $(VENV)
	@echo "  1/2 Relais and its tools"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@echo "  2/2 the local AWS"
	@$(PYTHON) -m venv $(VENV)/emulator
	@$(VENV)/emulator/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-emulator.txt
	@touch $(READY)

run: $(READY) ## Run everything on this machine (FRESH=1 starts over; PORT, GATEWAY_PORT, UNDO_SECONDS)
	@exec $(BIN)/python -m infra.local

browser: # Chromium for the browser tests
	@sh infra/local_aws/browser.sh

test: $(READY) browser ## Test everything: unit, integration, browser, end to end
	@$(BIN)/python -m pytest -n 2 --ignore tests/e2e
	@$(BIN)/python -m pytest tests/e2e

lint: $(READY) ## ruff, mypy, the content, and cfn-lint on the packaged template
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo >/dev/null || $(BIN)/lint-imports
	@$(BIN)/python -m infra.content
	@$(BIN)/python -m infra.package build/lint
	@$(BIN)/cfn-lint build/lint/sam.json

audit: $(READY) ## Known vulnerabilities of what is pinned
	@$(BIN)/pip-audit -r requirements.txt --disable-pip --no-deps --progress-spinner off

lives: $(READY) ## Ten thousand random lives of cases, with crashes (some minutes; LIVES=…)
	@LIVES=$(or $(LIVES),10000) $(BIN)/python -m pytest -q tests/cases/test_lives.py

year: $(READY) ## Print every letter of a busy year, lived in seconds
	@$(BIN)/python tests/support/year.py

verify: $(READY) ## Check the chains of all events: make verify (while `make run` runs), or STAGE=prod
	@$(BIN)/relais --stage $(or $(STAGE),local) chains verify

package: $(READY) ## Build the zip and the template that AWS gets, in build/
	@$(BIN)/python -m infra.package build/package

deploy: $(READY) ## Deploy to AWS: make deploy STAGE=prod
	@test -n "$(STAGE)" || { echo "Say which stage: make deploy STAGE=prod"; exit 1; }
	@$(BIN)/python -m infra.deploy $(STAGE)
