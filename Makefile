# One command for the main job, one for the tests; both set everything up in .venv by themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PEER   := .venv-litstudy
UV     := $(BIN)/uv --quiet --no-config
UV_PIN := 0.13.9

.DEFAULT_GOAL := build
.PHONY: build docs test test-whole torture browser lab lint bench lock clean

# Whoever runs make here has this checkout's Makefile and its code run already: that is the act by which its notebooks
# are trusted too, and no more is trusted by it than runs anyway. A survey got from elsewhere is not built by make.
build: $(VENV)/.core  ## the main job: check the data, write the results to build/
	$(BIN)/survey trust
	$(BIN)/survey build

docs: $(VENV)/.core  ## the documentation as pages that open offline: build/docs/index.html
	rm -rf build/docs-source && mkdir -p build && cp -r docs build/docs-source
	$(BIN)/python -m workbench.cli.reference build/docs-source >/dev/null
	$(BIN)/mkdocs build --quiet --strict
	@echo "build/docs/index.html"

lab: $(VENV)/.core  ## JupyterLab on the first notebook
	$(BIN)/survey lab

test: $(VENV)/.test browser  ## everything: format, lint, types, all tests, a real browser
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n 2

test-whole: $(VENV)/.test browser  ## the pilot survey built whole, twice: some minutes that a small survey spares `make test`
	$(BIN)/python -m pytest -n 2 -m whole

torture: $(VENV)/.test  ## what is lost when people, disks and strangers do their worst; ARGS="--minutes 3 --write"
	$(BIN)/python -m tests.torture $(ARGS)

browser: $(VENV)/.test  ## the Chromium that the tests open pages in: Debian's where we may install it, else Playwright's
	@if [ -x /usr/bin/chromium ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium ..."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; \
	else \
		echo "Installing Chromium ..."; $(BIN)/python -m playwright install chromium; \
	fi

lint: $(VENV)/.test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/mypy

bench: $(VENV)/.test  ## what we promise to be fast, beside the usual tools: build/bench.json (some minutes)
	@$(MAKE) --no-print-directory $(PEER)/.installed || echo "litstudy could not be installed; the rest is timed without it"
	$(BIN)/python benchmarks/bench.py

lock:  ## resolve pyproject.toml anew; hashes only, no address of any index
	$(UV) pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 pyproject.toml -o requirements.lock
	$(UV) pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --extra test -c requirements.lock pyproject.toml -o requirements-test.lock
	$(UV) pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 benchmarks/requirements-litstudy.in -o benchmarks/requirements-litstudy.lock

clean:
	rm -rf $(VENV) $(PEER) build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/uv:
	@echo "Making a virtual environment in $(VENV) ..."
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_PIN)

# A stamp per set of packages: the next run starts its real work at once.
$(VENV)/.core: requirements.lock pyproject.toml | $(BIN)/uv
	@echo "Installing the packages of requirements.lock into $(VENV) (about a minute the first time) ..."
	$(UV) pip install --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock
	$(UV) pip install --python $(BIN)/python --no-deps --editable .
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.core
	@echo "Installing what the tests need ..."
	$(UV) pip install --python $(BIN)/python --compile-bytecode --require-hashes -r requirements-test.lock
	@touch $@

# A peer that bench times reading beside; it needs bibtexparser 1, so an environment of its own.
$(PEER)/.installed: benchmarks/requirements-litstudy.lock | $(BIN)/uv
	@echo "Installing litstudy into $(PEER) ..."
	$(UV) venv --clear --python $(BIN)/python $(PEER)
	$(UV) pip install --python $(PEER)/bin/python --require-hashes -r $<
	@touch $@
