# Everything is installed into .venv. Stamp files there record what was installed, so a second run installs nothing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help demo keyboard kernels test test-all test-conditions test-tolerances lint bench install-desktop uninstall-desktop

VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
# Python 3.14 comes last: Kivy has no ready-made build for it yet.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)

define warn-without-kivy
if $(VENV_PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 14))'; then
	echo "Kivy has no ready-made build for Python 3.14 yet, so pip compiles it, which needs a C compiler and the SDL2 headers." >&2
	echo "If that fails, use an older Python: rm -r $(VENV) && make PYTHON=python3.13 $(MAKECMDGOALS)" >&2
fi
endef

help:
	@echo "make keyboard           open the keyboard: mouse or touch screen"
	echo "make demo               decode the swipes in examples/ on the command line"
	echo "make kernels            compile the engine's kernels for this processor, which the first start does in the background"
	echo "make install-desktop    put the keyboard into your desktop's menu; make uninstall-desktop takes it out"
	echo "make test               run the tests (minutes); make test-all also runs the slow ones"
	echo "make test-conditions    run the tests as other machines would; make test-tolerances shows how near each float comparison is to failing"
	echo "make lint               check style, types and imports: ruff, mypy, import contracts"
	echo "make bench              time every stage against a committed baseline, and a whole swipe (minutes)"
	echo
	echo "Everything is installed into $(VENV). Use its Python: $(VENV_PYTHON) -m engine.decode swipes.jsonl"

demo: $(VENV)/installed
	@for file in examples/*.json*; do
		$(VENV_PYTHON) -m engine.decode "$$file"
	done
	echo "To decode your own swipes: $(VENV_PYTHON) -m engine.decode swipes.jsonl" >&2

keyboard: $(VENV)/installed-app
	@$(VENV_PYTHON) -m keyboard_app --into own

kernels: $(VENV)/installed
	@$(VENV_PYTHON) -m engine.native.build

install-desktop: $(VENV)/installed-app
	@$(VENV_PYTHON) -m keyglide.desktop install

uninstall-desktop: $(VENV)/installed
	@$(VENV_PYTHON) -m keyglide.desktop uninstall

# One process for each core, up to four, since each opens a window of its own. The engine's kernels are compiled before, not by all of them
# at once. Then again without numba's compiler, as on a machine without numba: those tests that use kernels must give the same.
PYTEST := $(VENV_PYTHON) -m pytest --numprocesses auto --dist loadfile

test: $(VENV)/installed-dev
	@$(VENV_PYTHON) -m engine.native.build >&2
	$(PYTEST) -m 'not slow'
	NUMBA_DISABLE_JIT=1 $(PYTEST) -m 'not slow'

# What `make test` leaves out, after it: `make test test-all` runs nothing twice.
test-all: test
	@$(PYTEST) --dist load -m slow

test-conditions: $(VENV)/installed-dev
	@.ci/conditions

test-tolerances: $(VENV)/installed-dev
	@$(VENV_PYTHON) -m pytest -p tests.support.tolerances

lint: $(VENV)/installed-dev
	@$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

# Three times, to even out the noise of a shared machine; only once for what is slow to prepare.
bench: $(VENV)/installed-dev
	@$(VENV_PYTHON) -m engine.native.build >&2
	rm -rf runs/bench && mkdir -p runs/bench
	suites=($(VENV_PYTHON) -m pytest benchmarks/suites -q -o python_files='bench_*.py' --benchmark-columns=median,iqr,rounds)
	for turn in 1 2 3; do
		"$${suites[@]}" -m 'not slow' --benchmark-json=runs/bench/$$turn.json >&2
	done
	"$${suites[@]}" -m slow --benchmark-json=runs/bench/slow.json >&2
	$(VENV_PYTHON) -m benchmarks.latency
	$(VENV_PYTHON) -m benchmarks.suites.baseline runs/bench/*.json

$(VENV)/installed: $(VENV)/created setup.cfg pyproject.toml engine/version.py
	@echo "Installing Keyglide into $(VENV) (once)" >&2
	$(VENV_PYTHON) -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-app: $(VENV)/created setup.cfg pyproject.toml engine/version.py
	@echo "Installing Keyglide and Kivy into $(VENV) (once)" >&2
	$(warn-without-kivy)
	$(VENV_PYTHON) -m pip install --quiet --editable '.[app]'
	touch $@ $(VENV)/installed

$(VENV)/installed-dev: $(VENV)/created setup.cfg pyproject.toml engine/version.py
	@echo "Installing Keyglide, PyTorch and the test tools into $(VENV) (once; this takes minutes on a slow connection)" >&2
	$(warn-without-kivy)
	$(VENV_PYTHON) -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/installed $(VENV)/installed-app

# Debian and Ubuntu keep the standard library's ensurepip in a package of its own.
$(VENV)/created:
	@python="$(PYTHON)"
	if [ -z "$$python" ]; then
		echo "Keyglide needs Python 3.11 or later; 'python3 --version' says: $$(python3 --version 2>&1 || true)" >&2
		echo "Install a newer Python, or say where it is: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2
		exit 1
	fi
	if ! "$$python" -c 'import ensurepip' 2>/dev/null; then
		package="$$("$$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
		sudo="$$([ "$$(id -u)" = 0 ] || echo 'sudo -n')"
		if ! command -v apt-get >/dev/null || ! $$sudo true 2>/dev/null; then
			echo "$$python cannot create a virtual environment because ensurepip is missing." >&2
			echo "On Debian or Ubuntu, run: sudo apt install $$package    Then run make again." >&2
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
