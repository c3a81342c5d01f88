# Two commands do everything: `make serve` and `make test`. The rest is for those who work on the project.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Which tests run: all but those that take minutes; continuous integration turns these on by TESTS=
TESTS ?= -m 'not slow'
PIP = $(@D)/bin/python -m pip --quiet --disable-pip-version-check

.PHONY: serve build test lowest check bench bench-overlap bench-endpoint lint lock vendor clean

serve: $(VENV)/.serving  ## install what serving needs, build the dataset, serve on http://127.0.0.1:8000
	$(BIN)/mandates serve --build

test: $(VENV)/.developing  ## install, lint, type-check and test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadfile $(TESTS) $(PYTEST)

# What would break first: each of these leans on some package that is named with a lower bound.
LOWEST := test_api test_cli test_overlap_agreement test_overlap_method test_overlap_tables test_pages test_publication \
	test_report test_search test_shapes endpoint/test_engine endpoint/test_operations endpoint/test_protocol endpoint/test_serving

lowest: $(VENV)-lowest/.testing  ## the same with the lowest versions that pyproject.toml allows, for the tests that lean on them most
	$(VENV)-lowest/bin/pytest -n auto --dist loadfile -m 'not slow' $(LOWEST:%=tests/%.py)

build: $(VENV)/.serving  ## build the dataset
	$(BIN)/mandates build

bench: bench-overlap bench-endpoint  ## everything that is timed; writes benchmarks/results/

bench-overlap: $(VENV)/.developing  ## the overlap engine beside a SPARQL self-join, then recall; writes benchmarks/results/{overlap,recall}.*
	$(BIN)/python benchmarks/overlap.py
	test -e build/data/current || $(BIN)/mandates build
	$(BIN)/python benchmarks/recall.py --write

bench-endpoint: $(VENV)/.developing  ## the endpoint beside other servers; writes benchmarks/results/endpoint.*
	test -e build/data/current || $(BIN)/mandates build
	$(BIN)/python benchmarks/endpoint.py $(BENCH)

check: $(VENV)/.developing  ## every check on ontology and record, the reasoner included
	$(BIN)/mandates check

lint: $(VENV)/.developing
	$(BIN)/pre-commit run --all-files

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-annotate --no-strip-extras \
	--generate-hashes --custom-compile-command "make lock" --upgrade

lock: $(VENV)/.developing  ## renew the lock files
	$(LOCK) --extra build pyproject.toml --output-file requirements.lock
	$(LOCK) --extra dev --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock
	$(LOCK) --extra spark --constraint requirements-dev.lock pyproject.toml --output-file requirements-spark.lock
	$(LOCK) --extra build --extra test --resolution lowest-direct pyproject.toml --output-file requirements-lowest.lock

# What the pages load from other projects is committed, so that serving and testing need no npm.
vendor:  ## renew server/mandates/web/static/vendor from its lock file
	cd server/mandates/web/vendor && npm ci --ignore-scripts --no-audit --no-fund && node collect.mjs

# The lock files pin every package with its hashes; the project itself is then added without resolving anything.
$(VENV)/.serving: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.developing: requirements-dev.lock $(VENV)/.serving
	$(PIP) install --require-hashes --requirement requirements-dev.lock
	touch $@

# Spark takes 670 MB on disk; without it its tests say that they are skipped.
$(VENV)/.spark: requirements-spark.lock $(VENV)/.developing
	$(PIP) install --require-hashes --requirement requirements-spark.lock
	touch $@

$(VENV)-lowest/.testing: requirements-lowest.lock pyproject.toml
	test -x $(VENV)-lowest/bin/python || $(PYTHON) -m venv $(VENV)-lowest
	$(PIP) install --require-hashes --requirement requirements-lowest.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-lowest build dist
