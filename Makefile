# make run            start the workbench on http://127.0.0.1:8050 (the first time: installs 0.9 GB into .venv)
# make check          the loop of a contributor: style, types and the quick tests (the first time: 1.0 GB, .venv-check)
# make test           every check: make check, then the parts below, two at a time (the first time: 4.4 GB, .venv-test)
# make test-training  the tests that load TensorFlow or torch
# make test-browser   the tests that drive Chromium
# make test-slow      the tests on the data sets (AGE_GENDER_DATA), and those over five CPU seconds
# make smoke          the server answers a picture from its own environment
# make screenshots    every page, light and dark, wide and narrow, into screenshots/
# make docs           figures that are not committed: curves and confusion matrices of every recipe, into docs/drawn/
# make format         put the code into its shape
# make clean          remove the environments
#
# ARGS="..." passes options on: to the server, to pytest (make test ARGS="-k attention"), to the screenshots.
# PYTHON=python3.13 makes the environments of another Python: 3.11, 3.12 or 3.13.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
PIP_INSTALL := -m pip install -qq --no-compile --disable-pip-version-check

# An environment is ready when it holds a file named after the Python and the requirements that it was made from.
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
RUN_FILES := requirements-run.txt
CHECK_FILES := $(RUN_FILES) requirements-check.txt
TEST_FILES := $(CHECK_FILES) requirements.txt requirements-dev.txt
ready = $(1)/ready-$(VERSION)-$(shell cat $(2) | cksum | cut -d' ' -f1)
RUN_READY := $(call ready,.venv,$(RUN_FILES))
CHECK_READY := $(call ready,.venv-check,$(CHECK_FILES))
TEST_READY := $(call ready,.venv-test,$(TEST_FILES))

# One thread for TensorFlow where two parts run side by side, on two cores.
ONE_THREAD := TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
# Of the tests that load TensorFlow, those that train whole recipes: as long as all the others.
RECIPE_TESTS := tests/training/test_recipes.py tests/benchmarks/test_recipes.py
# With ARGS, a part may have no test at all (pytest's exit code 5): that is no failure of it.
PYTEST_ARGS = $(ARGS) $(if $(ARGS),|| [ $$? = 5 ])

.PHONY: run check test test-training test-recipes test-networks test-browser test-slow smoke screenshots docs format chromium clean
.DELETE_ON_ERROR:

run: $(RUN_READY)
	.venv/bin/python -m dashboard $(ARGS)

check: $(CHECK_READY)
	.venv-check/bin/python -m ruff check .
	.venv-check/bin/python -m ruff format --check .
	.venv-check/bin/python -m mypy
	env -u AGE_GENDER_DATA .venv-check/bin/python -m pytest -n 2 --dist loadfile \
		-m "not (training or browser or data or slow)" $(PYTEST_ARGS)

# The quick checks first: what they find is known within a minute. Then two parts at a time, the long ones first.
test: check $(RUN_READY) $(TEST_READY) chromium
	$(MAKE) -j2 --output-sync=target test-networks test-recipes test-slow test-browser
	$(MAKE) smoke

test-training: test-recipes test-networks

test-recipes: $(TEST_READY)
	$(ONE_THREAD) .venv-test/bin/python -m pytest $(RECIPE_TESTS) -m "training" $(PYTEST_ARGS)

test-networks: $(TEST_READY)
	$(ONE_THREAD) .venv-test/bin/python -m pytest -m "training" $(RECIPE_TESTS:%=--ignore=%) $(PYTEST_ARGS)

test-browser: $(TEST_READY) chromium
	.venv-test/bin/python -m pytest -m "browser" $(PYTEST_ARGS)

test-slow: $(TEST_READY)
	.venv-test/bin/python -m pytest -m "(data or slow) and not (training or browser)" $(PYTEST_ARGS)

smoke: $(RUN_READY)
	.venv/bin/python -m tests.smoke_slim

screenshots: $(TEST_READY) chromium
	.venv-test/bin/python -m tests.browser.screenshots $(ARGS)

format: $(CHECK_READY)
	.venv-check/bin/python -m ruff format .
	.venv-check/bin/python -m ruff check --fix .

docs: $(TEST_READY)
	.venv-test/bin/python -m benchmarks recipes --figures $(ARGS)

# $(1): folder, $(2): requirements, $(3): size
define install
	@echo "Installing $(2) into $(1) ($(3), once)."
	@$(PYTHON) -m venv --clear $(1) || { echo "$(PYTHON) cannot make an environment: install Python 3.11, 3.12 or 3.13 with its venv module (Debian: apt-get install python3.11-venv), or call make PYTHON=/path/to/python3.11."; exit 2; }
	$(1)/bin/python $(PIP_INSTALL) -r $(2)
	$(1)/bin/python -m pip check
	@touch $@
endef

$(RUN_READY):
	$(call install,.venv,requirements-run.txt,0.9 GB)

$(CHECK_READY):
	$(call install,.venv-check,requirements-check.txt,1.0 GB)

$(TEST_READY):
	$(call install,.venv-test,requirements-dev.txt,4.4 GB)

INSTALL_CHROMIUM := apt-get install -y -qq --no-install-recommends chromium chromium-driver

chromium:
	@if command -v chromedriver >/dev/null; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && $(INSTALL_CHROMIUM) >/dev/null; \
	elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then \
		sudo -n apt-get update -qq && sudo -n $(INSTALL_CHROMIUM) >/dev/null; \
	else \
		echo "The browser tests need Chromium and its driver. Install them, then call make again:"; \
		echo "    sudo apt-get update && sudo $(INSTALL_CHROMIUM)"; \
		exit 2; \
	fi

clean:
	rm -rf .venv .venv-check .venv-test
