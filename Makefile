# Every target sets up what it needs; only Python (3.11 or later), pip and make are expected.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# pytest workers: three for two cores, for many tests wait for an exchange; at most six.
WORKERS ?= $(shell n=$$(( $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) * 3 / 2 )); [ $$n -gt 6 ] && n=6; echo $$n)

.PHONY: fuzz help demo test check format bench lock completions reference picture dist try-wheel audit clean soak reliability reconnects

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

$(VENV)/.base: pyproject.toml deploy/requirements.txt deploy/requirements-build.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-build.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base deploy/requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/requirements-dev.txt
	@touch $@

demo: $(VENV)/.base ## watch the built-in exchange, full screen (as text where there is no terminal)
	$(BIN)/acct demo

# Processes that tests start are measured too: the path of the data has to be the same from every folder.
test: export COVERAGE_PROCESS_START := $(CURDIR)/pyproject.toml
test: export COVERAGE_FILE := $(CURDIR)/.coverage/lines
test: $(VENV)/.dev ## run every test that needs no network, and hold the share of lines they reach
	rm -rf .coverage && mkdir .coverage
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
	@$(BIN)/python -m coverage combine --quiet
	@$(BIN)/python -m coverage report

check: $(VENV)/.dev ## formatting, lint, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## put the code in shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## measure speed and memory, as ratios to a baseline of the same run
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# Each line stands for itself and may be run alone; what was run is in $(RESULTS), and the page says what was not.
RESULTS ?= reliability
reliability: $(VENV)/.dev ## every fault, a thousand kills, the mutants and the soaks (many hours); writes docs/reliability.md
	mkdir -p $(RESULTS)
	-$(BIN)/python -m tests.model alone --seeds 20 --out $(RESULTS)/model.ndjson
	-$(BIN)/python -m tests.model --seeds 334 --out $(RESULTS)/model-hours.ndjson
	-$(BIN)/python -m tests.model operations --count 1000000 --out $(RESULTS)/operations.ndjson
	-$(BIN)/python -m tests.reliability.wire --seeds 3 --jobs $(WORKERS) --out $(RESULTS)/wire.ndjson
	-$(BIN)/python -m tests.reliability.wire --combined 34 --jobs $(WORKERS) --out $(RESULTS)/wire-combined.ndjson
	-$(BIN)/python -m tests.reliability.kills --kills 1000 --out $(RESULTS)/kills.json
	-$(BIN)/python -m tests.reliability.mutations --jobs $(WORKERS) --out $(RESULTS)/mutations.json
	-for venue in kraken binance binanceusdm; do $(BIN)/python -m tests.reliability.reconnects --venue $$venue --count 3400 --out $(RESULTS)/reconnects.json; done
	-$(BIN)/python bench/recovery.py --count 100 --out $(RESULTS)/recovery.json
	-$(BIN)/python bench/burst.py --rounds 5 --out $(RESULTS)/recovery.json
	-$(BIN)/python -m tests.reliability.soak --hours 24 --speed 30 --fault-every 60 --warm-up 600 --folder $(RESULTS)/soak-24h
	-$(BIN)/python -m tests.reliability.soak --hours 2 --folder $(RESULTS)/soak
	$(BIN)/python -m tests.reliability.page --results $(RESULTS)

soak: $(VENV)/.dev ## the long runs: more seeds, more kills, more examples
	ACCT_LONG=1 ACCT_LAW_EXAMPLES=10000 ACCT_KILLS=200 $(BIN)/python -m pytest -n $(WORKERS) --timeout 3600 tests/laws tests/faults

# atheris wants no place among the locked tools: it is needed here alone.
FUZZ_SECONDS ?= 3600
fuzz: $(VENV)/.dev ## fuzz what reads the exchanges, guided by coverage, for FUZZ_SECONDS on one core
	$(BIN)/python -c "import atheris" 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check atheris==3.0.0
	$(BIN)/python -m tests.fuzz.target $(FUZZ_SECONDS) fuzz-finds

reconnects: $(VENV)/.dev ## ten thousand reconnections of each venue: tasks, descriptors and memory must not grow
	for venue in kraken binance binanceusdm; do $(BIN)/python -m tests.reliability.reconnects --venue $$venue --count 10000 || exit 1; done

completions: $(VENV)/.base ## write the shell completion scripts anew
	$(BIN)/python -m account_cli.cli.completions completions

picture: $(VENV)/.base ## make the picture of the README anew, from the running demo
	$(BIN)/python docs/picture.py docs/watch.svg 270

reference: completions ## write the man pages and docs/commands.md anew
	$(BIN)/python -m account_cli.cli.reference docs/man docs/commands.md
	$(BIN)/python -m account_cli.config.example config.toml.example
	$(BIN)/python -m account_cli.config.reference docs/configuration.md

dist: $(VENV)/.base ## build the source distribution and the wheel into dist/
	rm -rf dist
	$(BIN)/python -m hatchling build -d dist

# As on a clean machine: a new environment, an empty home, nothing of this folder but the wheel.
try-wheel: dist ## install the wheel into a clean environment and use it
	rm -rf build/try && $(PYTHON) -m venv build/try
	build/try/bin/python -m pip install --quiet --disable-pip-version-check dist/*.whl
	deploy/try-wheel.sh build/try

# Outside CI: it asks the network which versions have known holes.
audit: dist ## look the locked dependencies up in the advisories, and write dist/sbom.cdx.json
	test -x build/audit/bin/pip-audit || $(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1 cyclonedx-bom==7.5.0
	build/audit/bin/cyclonedx-py requirements deploy/requirements.txt --pyproject pyproject.toml --output-reproducible -o dist/sbom.cdx.json
	build/audit/bin/pip-audit --strict --disable-pip --require-hashes -r deploy/requirements.txt

lock: ## lock the dependencies anew, with hashes (needs uv)
	for extra in "" "--extra dev"; do \
	  out=deploy/requirements$$( [ -n "$$extra" ] && echo -dev ).txt; \
	  uv pip compile pyproject.toml $$extra --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o $$out; done
	uv pip compile pyproject.toml --extra postgres --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o deploy/requirements-postgres.txt
	printf 'hatchling\neditables\n' | uv pip compile - --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o deploy/requirements-build.txt

clean: ## remove what the targets made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
