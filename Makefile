# Two commands do everything: `make serve` and `make test`. The rest is for those who work on the project.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: serve build test check lint bench lock clean

serve: $(STAMP)  ## install, build the dataset, serve on http://127.0.0.1:8000
	$(BIN)/mandates serve --build

test: $(STAMP)  ## install, lint, type-check and test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest $(PYTEST)

build: $(STAMP)  ## build the dataset
	$(BIN)/mandates build

check: $(STAMP)  ## every check on ontology and record, the reasoner included
	$(BIN)/mandates check

lint: $(STAMP)
	$(BIN)/pre-commit run --all-files

lock: $(STAMP)  ## renew requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-annotate --generate-hashes \
	  --custom-compile-command "make lock" --extra dev pyproject.toml --output-file requirements.lock --upgrade

# The lock pins every package with its hashes; the project itself is then added without resolving anything.
$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

clean:
	rm -rf $(VENV) build dist
