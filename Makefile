# Targets build what they need: one virtual environment per set of pinned versions, in a cache outside the work tree.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3
CACHE ?= $(or $(OPENROUTER_PIPE_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/openrouter-pipe)
export OPENROUTER_PIPE_CACHE := $(CACHE)
UV_VERSION := 0.13.8
UV := $(CACHE)/uv-$(UV_VERSION)/bin/uv
PINS := $(shell sed -n '/^\[dependency-groups\]/,/^\[tool/p' pyproject.toml | sha256sum | cut -c1-12)
DEV := $(CACHE)/dev-$(PINS)
LOWEST := $(CACHE)/lowest-$(PINS)
RUN := $(DEV)/bin/python -m
BUNDLE := dist/openrouter_pipe.py
VERSION ?=
CHECK ?=
export CHECK
# Tests keep compiled code, in the cache and not in the work tree: without it every run compiles everything again.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CACHE)/bytecode
ifdef PORT
export PORT
endif
ifdef DATA
export DATA
endif

.PHONY: help check check-tests check-source check-services check-rules format settings bundle run test test-unit explore test-lowest test-hosts test-host drills drill-request drill-replay drill-tools drill-hostile drill-fetch drill-budgets drill-ledger drill-write-behind drill-chaos drill-chaos-host drill-host bench walk simulator chromium spin clean
help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14

run: bundle  ## start the real Open WebUI with the pipe installed (CHECK=1: send two messages and exit; PORT=, DATA=)
	@$(RUN) entrypoints.devhost.run $(BUNDLE)

test: check check-tests test-unit test-lowest test-hosts  ## the whole suite, real hosts and Chromium included

check: $(DEV)/.ready  ## format, lint, types, import rules, dead code, generated texts, unit tests of the core: under 20 s
	@$(MAKE) --no-print-directory --output-sync=target -j 3 check-source check-services check-rules

# The parts of `check`, side by side in processes of their own: in one with two workers pytest takes half as long again.
check-source: $(DEV)/.ready
	@$(DEV)/bin/ruff format --check -q . && $(DEV)/bin/ruff check -q .
	@$(RUN) mypy --no-error-summary
	@$(DEV)/bin/lint-imports > /dev/null || $(DEV)/bin/lint-imports
	@$(RUN) vulture
	@$(RUN) entrypoints.settings_generate --check

check-tests: $(DEV)/.ready  ## types of tests, drills and benchmarks, also of what only hosts run: a minute, seconds once its cache is there
	@$(RUN) mypy --no-error-summary tests benchmarks

check-services: $(DEV)/.ready
	@SHARE_OF_EXAMPLES=10 $(RUN) pytest -q tests/structure tests/domain/services

check-rules: $(DEV)/.ready
	@SHARE_OF_EXAMPLES=10 $(RUN) pytest -q tests/domain --ignore=tests/domain/services

test-unit: $(DEV)/.ready  ## all tests that need no host; properties with all their examples
	@$(RUN) pytest -q -n 2 tests --ignore=tests/hosts

test-lowest: $(LOWEST)/.ready  ## adapters and entrypoints with the lowest library versions of the oldest host; properties with a share of their examples
	@SHARE_OF_EXAMPLES=10 $(LOWEST)/bin/python -m pytest -q -n 2 tests/adapters tests/contracts tests/entrypoints

explore: $(DEV)/.ready  ## all properties with examples that no run has tried yet; a failure is a defect that the suite does not know
	@EXPLORE=1 $(RUN) pytest -q -n 2 -m hypothesis tests --ignore=tests/hosts

test-hosts: bundle chromium  ## end to end in every supported version of Open WebUI
	@$(RUN) pytest -q -n 3 --dist loadscope tests/hosts

test-host: bundle chromium  ## end to end in one version: make test-host VERSION=0.12.4
	@test -n "$(VERSION)" || { echo "name a version: make test-host VERSION=0.12.4"; exit 2; }
	@$(RUN) pytest -q tests/hosts --host-version $(VERSION)

drills: drill-request drill-replay drill-tools drill-hostile drill-fetch drill-budgets drill-ledger drill-write-behind  ## all drills (large randomised runs) that need no host

drill-request: $(DEV)/.ready  ## build requests from thousands of chat bodies; three independent judges check each
	@$(RUN) tests.drills.request

drill-replay: $(DEV)/.ready  ## replay thousands of random histories to strict makers; chats that upstream refuses heal; kill 200 writers
	@$(RUN) tests.drills.replay
	@$(RUN) tests.drills.healed
	@$(RUN) tests.drills.killed

drill-tools: $(DEV)/.ready  ## tools in random turns, killed processes, strict schemas, breakers, limits of running calls; 10,000 streams of all events
	@$(RUN) tests.drills.tools
	@$(RUN) tests.drills.streams

drill-hostile: $(DEV)/.ready  ## input that was made to do harm: 10,000 schemas and arguments, with the loop's longest stall; up to 3 min
	@$(RUN) tests.drills.hostile

drill-fetch: $(DEV)/.ready  ## downloads: forbidden addresses in every spelling, changing lookups and redirects reach nothing; public ones do
	@$(RUN) tests.drills.fetch

drill-chaos: $(DEV)/.ready  ## overload, and an upstream that resets, stalls, lies and sends garbage: 10,000 turns (TURNS=), 1,500 at once; up to 5 min on a quiet machine
	@$(RUN) tests.drills.chaos $(if $(TURNS),--turns $(TURNS))

drill-chaos-host: bundle  ## the same in a real host: 60 requests at once for 10 places, 300 turns of the page and of API clients
	@$(RUN) tests.drills.chaos --host --bundle $(BUNDLE)

drill-ledger: $(DEV)/.ready  ## ledger and budgets: 4 processes x 500 turns (TURNS=) on one database and Redis, killed throughout; each call has its row; up to 5 min
	@$(RUN) tests.drills.ledger $(if $(TURNS),--turns $(TURNS))

drill-budgets: $(DEV)/.ready spin  ## budgets: every order of events of their protocol (and its spin model), 20 races for the last room (RUNS=), killed processes
	@$(RUN) tests.drills.budgets $(if $(RUNS),--runs $(RUNS))

drill-write-behind: $(DEV)/.ready  ## artifacts through Redis: workers killed while they flush, redis-server restarted; all are readable, none twice; up to 2 min
	@$(RUN) tests.drills.write_behind

drill-host: bundle  ## a real host: bursts on PostgreSQL, kills during answers, a database that is locked, lost, full, frozen, stopped
	@$(RUN) tests.drills.host --bundle $(BUNDLE)

bench: bundle  ## measure speed and memory against a minimal pipe
	@$(RUN) benchmarks.run

bundle: $(DEV)/.ready  ## build the single file for Open WebUI
	@$(RUN) entrypoints.openwebui.bundle --output $(BUNDLE)

settings: $(DEV)/.ready  ## generate the settings forms and docs/settings.md from the table of settings
	@$(RUN) entrypoints.settings_generate --write

walk: $(DEV)/.ready  ## trace one turn and write its walk into docs/developers.md
	@$(RUN) tests.entrypoints.core.walk

simulator: $(DEV)/.ready  ## run a simulator of OpenRouter on loopback, port 8900
	@$(RUN) entrypoints.simulator --port 8900

format: $(DEV)/.ready  ## format the code
	@$(DEV)/bin/ruff format -q . && $(DEV)/bin/ruff check -q --fix .

chromium:
	@command -v chromium > /dev/null || { echo "· installing chromium"; \
	  as=$$([ "$$(id -u)" = 0 ] || echo sudo); $$as apt-get update -qq && $$as apt-get install -y -qq chromium > /dev/null; }

# The drill says so where it cannot be installed, and plays the same model without it.
spin:
	@command -v spin > /dev/null || { echo "· installing spin"; \
	  as=$$([ "$$(id -u)" = 0 ] || echo sudo -n); \
	  { $$as apt-get update -qq && $$as apt-get install -y -qq spin gcc; } > /dev/null 2>&1 || true; }

clean:  ## remove build results and caches from the work tree
	@rm -rf dist build .run .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(UV):
	@echo "· installing uv $(UV_VERSION)" && mkdir -p $(CACHE)
	@$(PYTHON) -m venv $(CACHE)/uv-$(UV_VERSION) && $(CACHE)/uv-$(UV_VERSION)/bin/pip install -q uv==$(UV_VERSION)

$(DEV)/.ready: $(UV)
	@echo "· building the development environment"
	@$(UV) venv -q --clear --python $(PYTHON) $(DEV) && $(UV) pip install -q --python $(DEV)/bin/python --group dev && touch $@

$(LOWEST)/.ready: $(UV)
	@echo "· building the environment with the lowest supported versions"
	@$(UV) venv -q --clear --python $(PYTHON) $(LOWEST) && $(UV) pip install -q --python $(LOWEST)/bin/python --group lowest && touch $@
