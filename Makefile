# Everything is built on demand: a virtual environment per set of pinned versions, kept outside the work tree.
SHELL := /bin/bash
PYTHON ?= python3
CACHE ?= $(or $(OPENROUTER_PIPE_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/openrouter-pipe)
export OPENROUTER_PIPE_CACHE := $(CACHE)
UV_VERSION := 0.13.8
UV := $(CACHE)/uv-$(UV_VERSION)/bin/uv
PINS := $(shell sed -n '/^\[dependency-groups\]/,/^\[tool/p' pyproject.toml | sha256sum | cut -c1-12)
DEV := $(CACHE)/dev-$(PINS)
LOWEST := $(CACHE)/lowest-$(PINS)
RUN := $(DEV)/bin/python -m

.PHONY: help check test test-unit test-adapters test-lowest test-hosts test-host bundle run bench drills settings format clean
help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 16

$(UV):
	@echo "· installing uv $(UV_VERSION)" && mkdir -p $(CACHE)
	@$(PYTHON) -m venv $(CACHE)/uv-$(UV_VERSION) && $(CACHE)/uv-$(UV_VERSION)/bin/pip install -q uv==$(UV_VERSION)

$(DEV)/.ready: $(UV)
	@echo "· building the development environment"
	@$(UV) venv -q --clear --python $(PYTHON) $(DEV) && $(UV) pip install -q --python $(DEV)/bin/python --group dev && touch $@

$(LOWEST)/.ready: $(UV)
	@echo "· building the environment with the lowest supported versions"
	@$(UV) venv -q --clear --python $(PYTHON) $(LOWEST) && $(UV) pip install -q --python $(LOWEST)/bin/python --group lowest && touch $@

check: $(DEV)/.ready  ## format, lint, types, import rules, unit tests: under 30 s
	@$(RUN) ruff format --check -q . && $(RUN) ruff check -q .
	@$(RUN) mypy
	@$(DEV)/bin/lint-imports --no-logo 2>/dev/null || $(DEV)/bin/lint-imports
	@$(RUN) pytest -q tests/domain

format: $(DEV)/.ready  ## format the code
	@$(RUN) ruff format -q . && $(RUN) ruff check -q --fix .
