# make run          start the workbench on http://127.0.0.1:8050 (the first time: installs 0.9 GB into .venv)
# make test         every check, with a real browser (the first time: installs 4.4 GB into .venv-test)
# make screenshots  every page, light and dark, wide and narrow, into screenshots/
# make docs         figures that are not committed: curves and confusion matrices of every recipe, into docs/drawn/
# make clean        remove both environments

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
PIP_INSTALL := -m pip install -qq --no-compile --disable-pip-version-check

# An environment is ready when it holds a file named after the requirements that it was made from.
RUN_HASH := $(shell cat requirements-run.txt | cksum | cut -d' ' -f1)
TEST_HASH := $(shell cat requirements-run.txt requirements.txt requirements-dev.txt | cksum | cut -d' ' -f1)
RUN_READY := .venv/ready-$(RUN_HASH)
TEST_READY := .venv-test/ready-$(TEST_HASH)

.PHONY: run test screenshots docs chromium clean
.DELETE_ON_ERROR:

run: $(RUN_READY)
	.venv/bin/python -m dashboard $(ARGS)

test: $(RUN_READY) $(TEST_READY) chromium
	.venv-test/bin/python -m ruff check .
	.venv-test/bin/python -m mypy
	.venv-test/bin/python -m pytest --headless --durations=15
	.venv/bin/python -m tests.smoke_slim

screenshots: $(TEST_READY) chromium
	.venv-test/bin/python -m tests.browser.screenshots $(ARGS)

docs: $(TEST_READY)
	.venv-test/bin/python -m benchmarks recipes --figures $(ARGS)

$(RUN_READY):
	@echo "Installing the serving environment into .venv (0.9 GB, once)."
	@$(PYTHON) -m venv --clear .venv || { echo "$(PYTHON) cannot make an environment: install Python 3.11 with its venv module (Debian: apt-get install python3.11-venv), or call make PYTHON=/path/to/python3.11."; exit 2; }
	.venv/bin/python $(PIP_INSTALL) -r requirements-run.txt
	.venv/bin/python -m pip check
	@touch $@

$(TEST_READY):
	@echo "Installing the full environment into .venv-test (4.4 GB, once)."
	@$(PYTHON) -m venv --clear .venv-test
	.venv-test/bin/python $(PIP_INSTALL) -r requirements-dev.txt
	.venv-test/bin/python -m pip check
	@touch $@

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
	rm -rf .venv .venv-test
