# Two commands matter: `make demo` and `make test`. Both make their own .venv.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
TIERS ?=
# One more than there are processors: tests with a broker mostly wait.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
ONCE ?=
PORT ?=

# A module's tests stay together (tests/support/spreading.py), in the order of collection.
SPREAD := -n $(WORKERS) --dist loadscope --no-loadscope-reorder

.PHONY: help demo test long fire lint format asyncapi bench bench-streams clean

help:
	@echo "make demo         everything on one machine, with a sample day; Ctrl-C stops it"
	@echo "make demo PORT=N  the same, listening on another port than 8095"
	@echo "make demo ONCE=1  the same, prints the board, a chain and a replay, and ends"
	@echo "make test         all tests that this machine can run (TIERS=all: all, or fail)"
	@echo "make long         the tests that say the same of more data and profiles, for minutes"
	@echo "make fire         kill brokers, workers and PostgreSQL under load, for minutes"
	@echo "make lint         ruff, mypy, import-linter"
	@echo "make asyncapi     write docs/asyncapi.yaml anew; make lint says whether it is stale"
	@echo "make bench        measure against the stock library, in one run"
	@echo "make bench-streams  views fed by the log and by Kafka: needs Java, and an hour"

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or set PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.runs: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.tests: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[kafka]" --group dev
	@touch $@ $(VENV)/.runs

demo: $(VENV)/.runs
	$(BIN)/huiyin demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

test: $(VENV)/.tests
	HUIYIN_TIERS="$(TIERS)" $(BIN)/python -m pytest $(SPREAD) --cov --cov-report=term $(ARGS)

lint: $(VENV)/.tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/huiyin kafka asyncapi --check docs/asyncapi.yaml

format: $(VENV)/.tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

asyncapi: $(VENV)/.tests
	$(BIN)/huiyin kafka asyncapi > docs/.asyncapi.yaml
	mv docs/.asyncapi.yaml docs/asyncapi.yaml

long: $(VENV)/.tests
	HUIYIN_TIERS="$(TIERS)" $(BIN)/python -m pytest -m long $(SPREAD) $(ARGS)

fire: $(VENV)/.tests
	HUIYIN_TIERS=all $(BIN)/python -m pytest -m fire -n 0 -s $(ARGS)

bench: $(VENV)/.tests
	$(BIN)/python -m bench

bench-streams: $(VENV)/.tests
	$(BIN)/python -m bench.streams

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .coverage htmlcov
