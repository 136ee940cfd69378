# Relais: `make run` sets everything up and runs it here, `make test` tests everything.
# The targets stand in the order of a first hour; `make help` prints them so.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

.DEFAULT_GOAL := check
.PHONY: help install run test lint check pictures year lives stranger issue rehearsal flood bench sheet interface wordpress verify supply checkov lock runtime package deploy browser
.PHONY: install-tools install-emulator lint-types lint-rest

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-10s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(READY) ## Install everything in .venv; the others do it too when needed

$(READY): requirements.txt requirements-dev.txt requirements-emulator.txt
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Relais needs Python 3.11 or later; this is " + sys.version.split()[0])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Relais needs Python's venv and pip; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing (once; a minute or two)"
	@$(PYTHON) -m venv $(VENV)
	@$(MAKE) --jobs=2 --no-print-directory install-tools install-emulator
	@touch $(READY)

# Side by side: each mostly waits for what it fetches.
install-tools:
	@echo "  Relais and its tools"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .

install-emulator:
	@echo "  the local AWS"
	@$(PYTHON) -m venv $(VENV)/emulator
	@$(VENV)/emulator/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-emulator.txt

run: $(READY) ## Run Relais on this machine, with a mailbox (FRESH=1, PORT, GATEWAY_PORT, UNDO_SECONDS)
	@exec $(BIN)/python -m infra.local

test: $(READY) browser ## Test everything: unit, browser, end to end (some minutes)
	@$(BIN)/python -m pytest -n 2 --dist loadfile --ignore tests/e2e
	@$(BIN)/python -m pytest tests/e2e

lint: $(READY) ## Check style, types, imports, content and the template for AWS
	@$(MAKE) --jobs=2 --no-print-directory lint-types lint-rest

lint-types:
	@$(BIN)/mypy

lint-rest:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@broken=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$broken"; exit 1; }
	@$(BIN)/python -m infra.content
	@$(BIN)/python -m infra.package build/lint
	@$(BIN)/cfn-lint build/lint/sam.json

check: lint test ## Lint and test, as a bare make does

pictures: $(READY) browser ## Make the pictures of the guides for staff anew, in docs/pictures
	@PYTHONPATH=. $(BIN)/python tests/support/pictures.py

year: $(READY) ## List every letter of a busy year, lived in seconds (WHOLE=1: one of each, to be read)
	@$(BIN)/python tests/support/year.py $(if $(WHOLE),whole)

lives: $(READY) ## Live ten thousand random cases, with crashes (some minutes; LIVES=…)
	@LIVES=$(or $(LIVES),10000) $(BIN)/python -m pytest -q tests/cases/test_lives.py

stranger: $(READY) ## Play a stranger for ten thousand steps beside honest people (some minutes; STEPS=…)
	@STEPS=$(or $(STEPS),10000) $(BIN)/python -m pytest -q tests/cases/test_stranger.py

rehearsal: $(READY) ## Deploy, update, roll back, destroy and deploy again, here, while people post
	@$(BIN)/python -m pytest -q -s tests/e2e/test_rehearsal.py

issue: $(READY) ## Send an issue to ten thousand readers while SES throttles (some minutes; READERS=…)
	@$(BIN)/python -m pytest -q -s tests/e2e/drive_issue.py

flood: $(READY) ## Flood the app with ten thousand posts of a thousand networks (some minutes; POSTS=…, STACK=1)
	@$(BIN)/python -m bench.flood $(if $(STACK),--stack) $(or $(POSTS),10000) $(or $(NETWORKS),1000)

bench: $(READY) ## Measure everything beside its peers, and write docs/performance.md (a quarter of an hour)
	@$(BIN)/python -m bench.everything

sheet: $(READY) ## Export a hundred thousand files and open the sheet in LibreOffice (some minutes; FILES=…)
	@$(BIN)/python -m bench.export $(or $(FILES),100000) --libreoffice

interface: $(READY) ## Try every operation of OpenAPI with a thousand made-up requests (some minutes; EXAMPLES=…)
	@EXAMPLES=$(or $(EXAMPLES),15) $(BIN)/python -m pytest -q tests/e2e/test_whole_interface.py

wordpress: $(READY) browser ## Drive the plugin in a real WordPress, which is set up here (some minutes)
	@sh infra/local_aws/wordpress.sh
	@$(BIN)/python -m pytest -q tests/browser/drive_wordpress.py

verify: $(READY) ## Check the chains of events of what make run keeps, or of STAGE=prod
	@$(BIN)/relais --stage $(or $(STAGE),local) audit verify

supply: $(READY) ## Look for known vulnerabilities in all that is locked or pinned, and print the licences
	@$(BIN)/pip-audit --strict -r requirements.lock --require-hashes --disable-pip --progress-spinner off
	@$(BIN)/pip-audit --local --progress-spinner off
	@$(BIN)/python -m infra.supply

checkov: $(READY) ## Look through the template as AWS gets it for what is not guarded (installs checkov, a minute)
	@$(PYTHON) -m venv build/checkov
	@build/checkov/bin/python -m pip install --quiet --disable-pip-version-check checkov==3.3.30
	@$(BIN)/python -m infra.package build/package
	@AWS_DEFAULT_REGION=ca-central-1 $(VENV)/emulator/bin/python -m infra.hardening build/package/sam.json > build/cloudformation.json
	@build/checkov/bin/checkov --file build/cloudformation.json --framework cloudformation --skip-download --compact --quiet

lock: $(READY) ## Lock what Lambda gets, after a change of requirements.txt
	@$(BIN)/python -m infra.supply lock

runtime: $(READY) ## Fetch the Python of Lambda into .venv, where this machine has none (its byte code goes into the zip)
	@$(BIN)/python -m infra.pythons

package: $(READY) ## Build what AWS gets, in build/package
	-@$(BIN)/python -m infra.pythons > /dev/null
	@$(BIN)/python -m infra.package build/package

deploy: $(READY) ## Deploy to AWS: make deploy STAGE=prod
	@test -n "$(STAGE)" || { echo "Say which stage: make deploy STAGE=prod"; exit 1; }
	-@$(BIN)/python -m infra.pythons > /dev/null
	@$(BIN)/relais deploy $(STAGE)

browser: # Chromium for the browser tests
	@sh infra/local_aws/browser.sh
