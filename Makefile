# Each target sets itself up in .venv; nothing is written outside this folder.
#   make run ARGS="--no-demo --broker mqtt://127.0.0.1:1884"
#   make test ARGS="-k decode"

.DEFAULT_GOAL := help
.PHONY: help run test check bench pictures translations format requirements clean

VENV := .venv
PY := $(VENV)/bin/python
export PIP_CACHE_DIR ?= $(CURDIR)/.cache/pip
export PIP_TOOLS_CACHE_DIR ?= $(CURDIR)/.cache/pip-tools
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## Show this list.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

# The recipes `exec`, so that a signal reaches the program itself and no shell stands between.
run: $(VENV)/.run ## The dashboard with its own broker and a few simulated devices. ARGS go to `fleetglass run`.
	@exec $(VENV)/bin/fleetglass run --demo $(ARGS)

# Three at a time, for half of what tests do is waiting; a file stays together, because its tests may share a
# server. The order is that of tests/conftest.py, what takes long first, and not xdist's, which has files of many
# tests first. A worker that a hung test has ended is not replaced: another would begin with the same test.
test: $(VENV)/.test ## All tests. ARGS go to pytest: ARGS='-m "not slow"' is the quick round.
	@exec $(PY) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder --max-worker-restart 0 $(ARGS)

check: $(VENV)/.dev ## Lint, format, types, layers.
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/.test ## The benchmarks, each against a named rival in the same run. ARGS go to them.
	@test -f benchmarks/__main__.py || { echo "There are no benchmarks yet: benchmarks/__main__.py is missing."; exit 1; }
	@exec $(PY) -m benchmarks $(ARGS)

pictures: $(VENV)/.test ## Screenshots of every page into build/pictures (ONLY="home page phone zh" narrows).
	@exec $(PY) -m tests.pictures build/pictures --only $(ONLY) $(if $(DOCS),--docs docs/pictures)

translations: $(VENV)/.test ## Bring dashboard/language/*.po up to date with the code; tells what is untranslated.
	@exec $(PY) -m dashboard.language.gather

format: $(VENV)/.dev ## Put the code into the house's format.
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .

# Keeps the versions that are written down and changes only what the inputs ask for;
# ARGS=--upgrade takes the newest of everything, ARGS="--upgrade-package NAME" of one package.
COMPILE = CUSTOM_COMPILE_COMMAND="make requirements" $(VENV)/bin/pip-compile --quiet --generate-hashes \
	--allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
requirements: $(VENV)/.dev ## Write requirements/*.txt anew from pyproject.toml and requirements/*.in (Python 3.11).
	@$(PY) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Compile the requirements with Python 3.11, the oldest one we support: rm -rf $(VENV); make requirements PYTHON=python3.11"; exit 1; }
	$(COMPILE) $(ARGS) --output-file requirements/run.txt pyproject.toml requirements/run.in
	$(COMPILE) $(ARGS) --output-file requirements/test.txt requirements/test.in
	$(COMPILE) $(ARGS) --output-file requirements/dev.txt requirements/dev.in

clean: ## Remove the environment and the caches, not your data.
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist

# One stamp for each set of requirements. test.txt holds all of run.txt, and dev.txt all of test.txt.
$(VENV)/.%: requirements/%.txt pyproject.toml $(PY)
	@echo "Setting up $(VENV) for 'make $(or $(firstword $(MAKECMDGOALS)),$*)' (once; takes a minute) …"
	@$(PY) -m pip install -qq --require-hashes -r $<
	@$(PY) -m pip install -qq --no-deps --no-index --no-build-isolation --editable .
	@touch $@

# Missing also where the interpreter behind an old .venv is gone; then everything is made anew.
$(PY):
	@found=; for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "Fleetglass needs Python 3.11 or newer; found $$(python3 --version 2>/dev/null || echo none)." >&2; exit 1; fi; \
	"$$found" -m venv --clear $(VENV) || { rm -rf $(VENV); echo "Could not make $(VENV) with $$found: is its venv module installed (python3-venv on Debian)?" >&2; exit 1; }
