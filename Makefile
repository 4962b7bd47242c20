# Everything runs in .venv: from requirements.lock what a run needs, from requirements-dev.lock all the rest too; from
# requirements-uv.lock what installs them.
# `make help` lists the targets.

PYTHON ?= python3
# uv when it is on PATH; else it is fetched into .venv, where pip takes its place when that fails. `make setup UV=` asks for
# plain venv and pip.
FETCH := $(if $(filter undefined,$(origin UV)),yes)
UV ?= $(shell command -v uv 2>/dev/null)
# Worker processes of pytest.
JOBS ?= 2
# Tests that are left out of `make test`.
CHOICE = -m "not slow"

VENV := .venv
BIN := $(VENV)/bin
# The stamp carries the interpreter's name, so that another PYTHON rebuilds the environment.
STAMP := $(VENV)/.ready-$(subst /,_,$(PYTHON))
STAMP_DEV := $(STAMP)-dev
SOURCES := agents model conf experiments data docs tests src

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run bench test everything lint types read docs format lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12
	@echo 'Variables: PYTHON=python3 (interpreter), UV= (plain pip), ARGS="..." (for run, bench), JOBS=2 (for test)'

setup: $(STAMP) ## create .venv and install the project and what a run needs

setup-dev: $(STAMP_DEV) ## the same with the page, searches, sensitivity, and what tests and documentation need

# Locks are installed with their hashes checked. They also hold the build backend, so the project itself needs no download.
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
ifneq ($(UV),)
define install
	@test -e $(STAMP) || $(UV) venv --quiet --clear --no-python-downloads --python $(PYTHON) $(VENV)
	$(call with_uv,$(UV),$(1))
endef
else
define install
	@test -e $(STAMP) && $(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV) # uv leaves out pip
	$(if $(FETCH),@{ test -x $(BIN)/uv || $(PIP_INSTALL) --require-hashes -r requirements-uv.lock; } && $(call with_uv,$(BIN)/uv,$(1)) || { echo "uv is not to be had here; pip takes a minute longer" >&2; $(call with_pip,$(1)); },$(call with_pip,$(1)))
endef
endif
with_uv = $(1) pip install --quiet --python $(BIN)/python --require-hashes -r $(2) && \
	$(1) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
with_pip = $(PIP_INSTALL) --require-hashes -r $(1) && $(PIP_INSTALL) --no-deps --no-build-isolation -e .

$(STAMP): requirements.lock requirements-uv.lock pyproject.toml
	$(call install,requirements.lock)
	@touch $@

$(STAMP_DEV): requirements-dev.lock requirements-uv.lock pyproject.toml
	$(call install,requirements-dev.lock)
	@touch $(STAMP) $@

run: setup ## run one simulation: make run ARGS="..."
	$(BIN)/secondhalf run $(ARGS)

bench: setup ## measure speed: make bench ARGS="..."
	$(BIN)/secondhalf bench $(ARGS)

# The stages are compiled beside lint, types and documentation, so that the workers of pytest do not each compile them again.
test: setup-dev ## lint, types, documentation, then tests (not the slow ones)
	@$(BIN)/secondhalf run experiment=ci hydra.run.dir=$(VENV)/compile > /dev/null 2>&1 & \
	$(MAKE) --no-print-directory lint types read && wait
	$(BIN)/pytest -n $(JOBS) --dist worksteal --durations=15 $(CHOICE)

everything: ## the same with the slow tests: the default market's patterns, recovery of parameters, a whole validation
	$(MAKE) --no-print-directory test CHOICE=

lint: setup-dev ## ruff: rules and format
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

types: setup-dev ## mypy, strict
	$(BIN)/mypy

# Begun afresh every time: a page that is not built again gives no warning.
read: setup-dev ## read the documentation as for the site and write no page; a warning is an error
	$(BIN)/sphinx-build --builder dummy --fail-on-warning --quiet docs build/read

docs: setup-dev ## the documentation site, into build/docs; a warning is an error
	rm -rf build/docs
	$(BIN)/sphinx-build --builder html --fail-on-warning --quiet docs build/docs
	@rm -rf build/docs/.doctrees build/docs/.buildinfo

format: setup-dev ## let ruff repair and format the sources
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

# Needs uv. Without addresses in them, the locks work with any mirror. One version of a package for all interpreters
# (fork-strategy), so that a result does not depend on which Python made it, and the same in both files.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile --quiet --universal \
	--python-version 3.11 --fork-strategy fewest --generate-hashes --no-emit-index-url --no-emit-find-links $(UPGRADE)
OURS = pyproject.toml --group build
lock: ## write the locks again from pyproject.toml (UPGRADE=--upgrade for the newest versions)
	@test -n "$(UV)" || { echo "make lock needs uv on PATH" >&2; exit 1; }
	$(COMPILE) $(OURS) --extra dev --output-file requirements-dev.lock
	$(COMPILE) $(OURS) --constraint requirements-dev.lock --output-file requirements.lock
	echo uv | $(COMPILE) - --output-file requirements-uv.lock

clean: ## remove .venv, caches and build results (not outputs/)
	rm -rf $(VENV) build dist docs/api .numba_cache .hypothesis .ruff_cache .mypy_cache .pytest_cache
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
