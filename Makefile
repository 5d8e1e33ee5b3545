# Each target makes .venv when it is missing and installs again when pyproject.toml, constraints.txt
# or the app's page template changed.
#   make app                              the app in a browser
#   make app ARGS="--port 9000 --no-browser"
#   make test PYTHON=python3.13           another interpreter (remove .venv first)
#   make test CONSTRAINTS=                newest dependencies instead of the tested ones
#   make test WORKERS=0                   in one process, as a debugger wants it
#   make quick TESTS=tests/simulation     some of the tests

# Small matrices on few cores: BLAS threads that wait for each other cost more than they save.
export OPENBLAS_NUM_THREADS ?= 1

VENV        ?= .venv
# A release of Pyodide, for `make site`.
PYODIDE     ?= build/pyodide
CONSTRAINTS ?= constraints.txt
ARGS        ?=
TESTS       ?= tests slls_widgets
# One more than two processors, as a browser waits much of the time.
WORKERS     ?= 3
BIN         := $(VENV)/bin
PIP         := $(BIN)/python -m pip --disable-pip-version-check --quiet
PIN         := $(if $(CONSTRAINTS),-c $(CONSTRAINTS))
KERNELS     := $(wildcard slls_widgets/_jit.py slls_widgets/fokker_planck/*.py slls_widgets/simulation/*.py)
# What pip reads. It copies the app's page template to where Jupyter looks for it, for an editable package too.
INSTALLED   := pyproject.toml $(wildcard $(CONSTRAINTS)) \
               $(wildcard $(addprefix slls_widgets/serving/share/voila/templates/slls/,*.* static/*))
NOTEBOOKS    = $(sort $(wildcard notebooks/*.ipynb))
NBVAL       := --nbval --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg --nbval-cell-timeout 120
# tests/conftest.py says how; the order is that of a single process.
SHARED_OUT  := -n $(WORKERS) --dist loadscope --no-loadscope-reorder
CANDIDATES  := python3 python3.14 python3.13 python3.12 python3.11 python
# The first interpreter on the PATH that is new enough; pass PYTHON= to choose yourself.
PYTHON      ?= $(shell for p in $(CANDIDATES); do \
                 if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
                 then echo $$p; break; fi; done)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install app lab site site-serve test quick notebooks run-notebooks figures check docs wheel-check coverage bench load soak audit proved vulnerabilities pictures mutants clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "make: no Python >= 3.11 on the PATH; install one or pass PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: $(PYTHON) is missing or older than Python 3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "make: $(PYTHON) lacks the venv module (on Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

# One stamp per extra, so that the app does not wait for the tools of the tests.
$(VENV)/.app: $(INSTALLED) | $(BIN)/python
	@echo "Installing slls-widgets"
	@$(PIP) install $(PIN) -e .
	@touch $@

# Compiles what the changed sources, or another numba, need.
$(VENV)/.compiled: $(KERNELS) $(VENV)/.app
	@$(BIN)/slls warm-up
	@touch $@

$(VENV)/.test: $(INSTALLED) | $(BIN)/python
	@echo "Installing slls-widgets with what its tests need"
	@$(PIP) install $(PIN) -e '.[test]'
	@touch $(VENV)/.app $@

$(VENV)/.dev: $(INSTALLED) | $(BIN)/python
	@echo "Installing slls-widgets with the developers' tools"
	@$(PIP) install $(PIN) -e '.[dev]'
	@touch $(VENV)/.app $(VENV)/.test $@

install: $(VENV)/.app $(VENV)/.compiled  ## make .venv and install the package into it

app: install  ## the app in a browser (ARGS="--port 9000 --no-browser")
	@$(BIN)/slls app $(ARGS)

lab: install  ## the notebooks in JupyterLab (ARGS as above)
	@$(BIN)/slls lab $(ARGS)

$(VENV)/.site: $(INSTALLED) | $(BIN)/python
	@echo "Installing what builds the site"
	@$(PIP) install $(PIN) -e '.[site]'
	@touch $(VENV)/.app $@

site: $(VENV)/.site  ## the app as static files in build/site (PYODIDE=FOLDER: a release that is there)
	@test -d $(PYODIDE) || $(BIN)/python tools/pyodide.py $(PYODIDE)
	@$(BIN)/slls site build/site --pyodide $(PYODIDE) $(ARGS)

site-serve: site  ## the same, and serve it on this machine
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site 8899

test: $(VENV)/.test $(VENV)/.compiled  ## every test: units, notebooks, browser (ARGS goes to pytest)
	@$(BIN)/python -m pytest $(SHARED_OUT) $(NBVAL) $(NOTEBOOKS) $(TESTS) $(ARGS)

quick: $(VENV)/.test $(VENV)/.compiled  ## the tests that need neither a browser nor minutes
	@$(BIN)/python -m pytest -m "not browser and not slow" $(TESTS) $(ARGS)

notebooks: $(VENV)/.test $(VENV)/.compiled  ## run the notebooks and compare their printed numbers
	@$(BIN)/python -m pytest $(NBVAL) $(NOTEBOOKS) $(ARGS)

run-notebooks: $(VENV)/.test $(VENV)/.compiled  ## run the notebooks anew and store their outputs, clean
	@$(BIN)/python tools/notebooks.py run $(NOTEBOOKS)

figures: $(VENV)/.test $(VENV)/.compiled  ## the paper's figures and their numbers, into build/figures, compared with stored ones
	@$(BIN)/python tools/figures.py $(ARGS)

check: $(VENV)/.dev  ## lint, format, types, and the files that others' programs read; changing nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.citation-file-format CITATION.cff
	@$(BIN)/zizmor --offline --quiet .github/workflows

docs: $(VENV)/.dev  ## the documentation site, into build/docs/html; a warning is an error
	@rm -rf docs/reference/generated
	@$(BIN)/sphinx-build -W --keep-going -q -c docs/site -d build/docs/doctrees . build/docs/html $(ARGS)
	@echo "Open build/docs/html/index.html"

wheel-check: $(VENV)/.dev  ## build wheel and sdist, install each into a fresh environment, use it there
	@$(BIN)/python tools/wheel_check.py $(ARGS)

coverage: $(VENV)/.dev $(VENV)/.compiled  ## what the quick tests reach, line by line in build/coverage
	@$(BIN)/python -m pytest -q $(SHARED_OUT) -m "not browser and not slow" --cov --cov-report=term --cov-report=html:build/coverage \
	  $(TESTS) $(ARGS)

bench: $(VENV)/.test $(VENV)/.compiled  ## the benchmarks, written into docs/benchmarks.md (ARGS=--quick for less)
	@$(BIN)/python benchmarks/record.py $(ARGS)

load: $(VENV)/.test $(VENV)/.compiled  ## twenty visitors at once (ARGS="--visitors 5")
	@$(BIN)/python benchmarks/load.py $(ARGS)

soak: $(VENV)/.test $(VENV)/.compiled  ## five visitors for half an hour: is memory flat? (ARGS="--minutes 3")
	@$(BIN)/python benchmarks/soak.py $(ARGS)

audit: $(VENV)/.test $(VENV)/.compiled  ## does the simulation keep its promises? 400 magnets drawn at random, some minutes
	@$(BIN)/python benchmarks/audit.py $(ARGS)

proved: $(VENV)/.test $(VENV)/.compiled  ## does the checker prove what the solver claims? 300 magnets drawn at random, a minute
	@$(BIN)/python benchmarks/proved.py $(ARGS)

mutants: $(VENV)/.dev $(VENV)/.compiled  ## break formulas one at a time: do the tests notice? half an hour or more
	@rm -rf mutants
	@$(BIN)/mutmut run --max-children 2 || true
	@$(BIN)/python tools/mutant_scores.py; scores=$$?; \
	  $(BIN)/python tools/kernel_mutants.py --jobs 2 $(ARGS) && exit $$scores

pictures: $(VENV)/.test $(VENV)/.compiled  ## the pictures of the app in docs/images, taken anew (needs Chromium)
	@$(BIN)/python tools/pictures.py

vulnerabilities: $(VENV)/.dev  ## known vulnerabilities of the installed packages; one that is unknown is an error
	@mkdir -p build
	@$(PIP) freeze --exclude-editable > build/installed.txt
	@$(BIN)/pip-audit --strict --disable-pip --no-deps -r build/installed.txt $(ARGS)

clean:  ## remove .venv and everything built or cached
	rm -rf $(VENV) build dist mutants *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
