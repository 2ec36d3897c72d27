# `make help` tells what there is. Everything happens in .venv, which `make` fills from the lock files.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Arguments for `copydesk up`, for pytest, and for pip-compile (`make lock LOCK_ARGS=--upgrade`).
ARGS ?=
PYTEST_ARGS ?=
LOCK_ARGS ?=

# Each stamp says that what its lock file asks for is installed, and the project itself. A lock file is complete, so nothing is
# resolved: a resolver would look at versions that came out since, which have no hash there.
RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development

# Without a build's isolation, because the build tools are locked as well.
INSTALL_PROJECT = $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
PIP_COMPILE = $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --build-deps-for=editable \
	--no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links $(LOCK_ARGS) \
	--extra=embedded --extra=postgres --extra=s3
LOCK_NOTE = \# All versions and their hashes, made from pyproject.toml. Renew with: make lock

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check lint types arrows cover faults format docs transcript bench lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.txt
	$(INSTALL_PROJECT)
	@touch $@

$(DEVELOPMENT): requirements-dev.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements-dev.txt
	$(INSTALL_PROJECT)
	@touch $@ $(RUNTIME)

run: $(RUNTIME) ## Run the whole service on this machine (ARGS="...")
	$(BIN)/copydesk up $(ARGS)

test: $(DEVELOPMENT) ## Run all tests (PYTEST_ARGS="...")
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: lint types arrows cover faults ## All that must hold before a change goes in

lint: $(DEVELOPMENT) ## Style, and what is banned
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEVELOPMENT) ## Types
	$(BIN)/mypy

arrows: $(DEVELOPMENT) ## Which room may import which
	$(BIN)/lint-imports

cover: $(DEVELOPMENT) ## The tests that kill nothing, with the lines and branches that they miss
	$(BIN)/python -m pytest -m "not faults" --cov --cov-report=term $(PYTEST_ARGS)

faults: $(DEVELOPMENT) ## The tests that kill processes or let chance decide
	$(BIN)/python -m pytest -m faults $(PYTEST_ARGS)

format: $(DEVELOPMENT) ## Write the code as `make lint` wants it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DEVELOPMENT) ## Write the pages of docs/ that follow from the code
	$(BIN)/python docs/generate.py

transcript: $(DEVELOPMENT) ## Run the first five minutes of a new user and the twenty questions, and write them down for docs/
	$(BIN)/python docs/transcript.py
	$(BIN)/python docs/questions.py

bench: $(DEVELOPMENT) ## Measure the figures of the README (ARGS="...")
	$(BIN)/python -m bench $(ARGS)

lock: $(DEVELOPMENT) ## Write the lock files anew from pyproject.toml
	$(PIP_COMPILE) --output-file=requirements.txt pyproject.toml
	@sed -i '1i $(LOCK_NOTE)' requirements.txt
	$(PIP_COMPILE) --extra=dev --constraint=requirements.txt --output-file=requirements-dev.txt pyproject.toml
	@sed -i '1i $(LOCK_NOTE)' requirements-dev.txt

clean: ## Remove what was built; data/ stays
	rm -rf $(VENV) build dist ./*.egg-info .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
