# Everything is installed into .venv. The stamps there say what was, so a second run installs nothing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo keyboard test lint bench

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

help:
	@echo "make demo      decode the swipes in examples/ with the shipped English model"
	echo "make keyboard  the keyboard on the desktop: mouse or touch screen"
	echo "make test      the tests"
	echo "make lint      ruff, mypy and the import contracts"
	echo "make bench     every stage against a committed baseline; speed and memory of a swipe (minutes)"

demo: $(VENV)/installed
	@for file in examples/*.json*; do
		$(VENV_PYTHON) -m engine.decode "$$file"
	done

keyboard: $(VENV)/installed-app
	@$(VENV_PYTHON) -m keyboard_app

# Twice: the kernels must give the same without numba's compiler, as on a machine that has no numba.
test: $(VENV)/installed-dev
	@$(VENV_PYTHON) -m pytest
	NUMBA_DISABLE_JIT=1 $(VENV_PYTHON) -m pytest

lint: $(VENV)/installed-dev
	@$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

# Three times, because of the noise of a shared machine; what is slow to prepare only once.
bench: $(VENV)/installed-dev
	@rm -rf runs/bench && mkdir -p runs/bench
	suites=($(VENV_PYTHON) -m pytest benchmarks/suites -q -o python_files='bench_*.py' --benchmark-columns=median,iqr,rounds)
	for turn in 1 2 3; do
		"$${suites[@]}" -m 'not slow' --benchmark-json=runs/bench/$$turn.json >&2
	done
	"$${suites[@]}" -m slow --benchmark-json=runs/bench/slow.json >&2
	$(VENV_PYTHON) -m benchmarks.latency
	$(VENV_PYTHON) -m benchmarks.suites.baseline runs/bench/*.json

$(VENV)/installed: $(VENV)/created setup.cfg pyproject.toml
	@echo "Installing Keyglide into $(VENV) (once)" >&2
	$(VENV_PYTHON) -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-app: $(VENV)/created setup.cfg pyproject.toml
	@echo "Installing Keyglide and Kivy into $(VENV) (once)" >&2
	$(VENV_PYTHON) -m pip install --quiet --editable '.[app]'
	touch $@ $(VENV)/installed

$(VENV)/installed-dev: $(VENV)/created setup.cfg pyproject.toml
	@echo "Installing Keyglide, torch and the test tools into $(VENV) (once; minutes on a slow line)" >&2
	$(VENV_PYTHON) -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/installed $(VENV)/installed-app

# Debian and Ubuntu keep the standard library's ensurepip in a package of its own.
$(VENV)/created:
	@python="$(PYTHON)"
	if [ -z "$$python" ]; then
		echo "Keyglide needs Python 3.11 or later, and $$(python3 --version 2>&1 || true) is what 'python3' gave." >&2
		echo "Install a later one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2
		exit 1
	fi
	if ! "$$python" -c 'import ensurepip' 2>/dev/null; then
		package="$$("$$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
		sudo="$$([ "$$(id -u)" = 0 ] || echo 'sudo -n')"
		if ! command -v apt-get >/dev/null || ! $$sudo true 2>/dev/null; then
			echo "$$python cannot make a virtual environment: it lacks ensurepip." >&2
			echo "On Debian or Ubuntu run: sudo apt install $$package    Then run make again." >&2
			exit 1
		fi
		echo "Installing $$package" >&2
		$$sudo apt-get update -qq
		$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$$package" >&2
	fi
	if ! $(VENV_PYTHON) -m pip --version >/dev/null 2>&1; then
		"$$python" -m venv --clear $(VENV)
	fi
	touch $@
