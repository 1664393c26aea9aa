# `make run` shows the whole of SpendSense at work; `make help` lists what else there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PORT ?= 8000
DATA ?=
PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
BIN := .venv/bin
# Warnings as errors, or packages in the home folder, are for somebody's other work: here they would end every installation.
PIP := PYTHONWARNINGS=ignore PIP_USER=0 $(BIN)/python -m pip install --quiet --disable-pip-version-check
INSTALLED := .venv/installed
TOOLS := .tools/lint .tools/emulator
ifeq ($(shell uname -s)/$(shell uname -m),Linux/x86_64) # for which the Lambda package is made; its tests are skipped elsewhere
TOOLS += .tools/runtime
endif

# The commands of a .venv that was moved or copied would still run what lies in its old place.
IS_WHOLE := test -e $(INSTALLED) && grep -qsF -- "-m venv $$(pwd -P)/.venv" .venv/pyvenv.cfg
ifneq ($(shell $(IS_WHOLE) && echo yes),yes)
.PHONY: $(INSTALLED)
endif

.PHONY: help setup run tools test check deploy-check test-long bench clean

help: ## list what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(INSTALLED) ## make .venv and install what is pinned (only when that changed)

$(INSTALLED): requirements.txt requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: Python is missing; install Python 3.11 (python3.11 and python3.11-venv)." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "error: $(PYTHON) is $$("$(PYTHON)" -V 2>&1), SpendSense needs 3.11 or later: install it, or name it: make $(or $(MAKECMDGOALS),setup) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "error: $(PYTHON) can't make virtual environments: install its venv package (Debian, Ubuntu: apt install python3.11-venv)." >&2; exit 1; }
	@$(IS_WHOLE) && $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { rm -rf .venv .tools; echo "Making .venv with $$("$(PYTHON)" -V)"; "$(PYTHON)" -m venv .venv; }
	@echo "Installing the pinned packages"
	@$(PIP) --use-pep517 -r requirements-dev.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

tools: setup $(TOOLS:%=%/installed) ## what only tests need: linters, an AWS emulator, Lambda's own runtime, each in its venv

.tools/%/installed: tests/aws/requirements/%.txt
	@rm -rf .tools/$*; echo "Installing .tools/$*"; "$(PYTHON)" -m venv .tools/$*
	@$(PIP:$(BIN)/%=.tools/$*/bin/%) -r $<
	@if [ $* = runtime ]; then $(BIN)/python -m tests.aws.runtime.install; fi
	@touch $@

run: setup ## demo people and DATA=folders loaded, jobs run, a table, then the API at 127.0.0.1:PORT (8000)
	@if test -e "$${DATA:-}"; then set -- "$$DATA"; else eval "set -- $${DATA:-}"; fi; `# one, of whatever name, or several` \
		exec $(BIN)/spendsense up --port "$(PORT)" "$$@"

test: check tools ## style, types and all tests, with branch coverage of at least 90 %
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadscope --cov --cov-report=term

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

deploy-check: tools ## the whole cycle of Zappa on an AWS emulator: deploy, use, fail, update, roll back, undeploy
	@$(BIN)/python -m pytest tests/aws/deploy --verbose

test-long: tools ## the tests that take minutes
	@$(BIN)/python -m pytest -m long

bench: tools ## speed as ratios within one run; BENCH_FULL=1 adds 100,000 people, BENCH_JSON=file keeps the figures
	@$(BIN)/python -m tests.bench

clean: ## stop the embedded server and delete .venv, .spendsense and caches
	@test ! -x $(BIN)/spendsense || $(BIN)/spendsense db stop
	rm -rf .venv .tools .spendsense .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* build *.egg-info
