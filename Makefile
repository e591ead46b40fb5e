# make demo: set up and open the page.    make test: set up and pass every test.
# make check: lint, and what tests take little time and no browser.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check lint types format bench-check pictures clean

demo: .venv/demo
	$(BIN)/python app.py

test: .venv/test lint
	$(BIN)/python -m pytest

check: .venv/test lint
	$(BIN)/python -m pytest -m "not slow" --ignore tests/e2e

lint: .venv/test types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Gradio writes stubs beside its components and does not keep up with them.
types: .venv/test
	find ui -name '*.pyi' -delete
	$(BIN)/basedpyright

format: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Whether what was fast still is, by ratios.
bench-check: .venv/test
	$(BIN)/python -m benchmarks.check

# The screenshots that the README shows.
pictures: .venv/test
	$(BIN)/python -m tests.e2e.screenshots assets/screenshots
	$(BIN)/python -m tests.e2e.paintings assets/screenshots/paintings.webp
	$(BIN)/python -m tests.e2e.moving assets/screenshots/painting.webp

.venv/demo: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -r requirements.txt
	touch $@

.venv/test: requirements.txt requirements-train.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -r requirements.txt -r requirements-train.txt -r requirements-dev.txt
	touch $@ .venv/demo

clean:
	rm -rf .venv .pytest_cache .ruff_cache
