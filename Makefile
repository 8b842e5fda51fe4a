.DEFAULT_GOAL := help
.PHONY: help setup setup-hive setup-dev core check-core fuzz-core run test unit coverage check hive chaos long generated interleavings fuzz fuzz-lines bench lock docs clean
BIN := .venv/bin
COV := --cov=elfaust
# Who does the processor's job beside it, in .venv-bench where there is one: see docs/performance.md.
PEERS = $(foreach peer,confluent_loop quix bytewax_flow,--peer "$(peer)=$(or $(wildcard .venv-bench/bin/python),$(BIN)/python) -m tests.bench.peers.$(peer)")
# A campaign of random faults: its minutes and seed; KILLS workers are killed a minute, RATE lines sent a second; WITH="graphite hive": these too.
RANDOMLY = ELFAUST_TEST_RANDOM=$(RANDOM) ELFAUST_TEST_SEED=$(or $(SEED),7) ELFAUST_TEST_KILLS=$(or $(KILLS),24) ELFAUST_TEST_RATE=$(or $(RATE),200) ELFAUST_TEST_WORKERS=$(or $(WORKERS),2) ELFAUST_TEST_WITH="$(WITH)"
# Images of containers set it: each of the hundreds of processes of the tests would compile all modules again.
export PYTHONDONTWRITEBYTECODE :=

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make .venv with what running needs
	@scripts/setup run

core: setup ## Build the compiled judge (docs/operating.md) and install it into .venv; needs cargo
	@scripts/core

setup-hive:
	@scripts/setup hive

setup-dev:
	@scripts/setup dev

run: $(if $(HIVE),setup-hive,setup) ## Servers, workers and recorded lines until Ctrl-C; EVENTS=20000: so many, and an account; GRAPHITE=1: with charts; HIVE=1: with Hive; PROFILE=beta: in that profile
	@$(BIN)/elfaust $(if $(PROFILE),--profile $(PROFILE)) run $(if $(EVENTS),--events $(EVENTS)) $(if $(GRAPHITE),--with graphite) $(if $(HIVE),--with hive)

test: check ## Check, then all tests but the long ones, on real Kafka, MariaDB and HDFS
	@$(BIN)/python -m pytest tests/unit -n auto --dist worksteal --durations=10
	@$(BIN)/python -m pytest tests --ignore=tests/unit -m "not long" -n 2 --dist worksteal --durations=15

unit: setup-dev ## The tests that need no server, on all cores
	@$(BIN)/python -m pytest tests/unit -n auto --dist worksteal --durations=10

coverage: setup-dev ## The lines that the tests of `make test` run, in one process
	@$(BIN)/python -m pytest tests -m "not long" $(COV) --cov-report=term:skip-covered

check: setup-dev ## ruff, mypy --strict, the arrows between rooms, packages used and declared
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/deptry .

hive: setup-dev ## All tests of Hive, on a real metastore and HiveServer2: tables, queries, tutorial, faults
	@$(BIN)/python -m pytest tests -m hive

chaos: setup-dev ## Every fault under load, 90 minutes (PART=mariadb: those; RANDOM=30 SEED=7: all at random for so many minutes): nothing lost, nothing twice
	@ELFAUST_TEST_CHAOS_LOG=docs/reliability.md $(if $(RANDOM),$(RANDOMLY)) $(BIN)/python -m pytest tests/chaos $(if $(RANDOM),-s -k test_all_faults,$(if $(PART),-k "$(PART)"))

long: setup-dev ## The tests on servers that `make test` leaves out, but for faults and Hive
	@$(BIN)/python -m pytest tests/integration -m long

generated: setup-dev ## Half a million generated lines (LINES=n), judged in two ways; a million by both judges; over 100 times what hypothesis makes up for `make unit`
	@ELFAUST_TEST_LINES=$(or $(LINES),500000) $(BIN)/python -m pytest tests/unit/test_generated_lines.py
	@ELFAUST_TEST_LINES=$(or $(LINES),1000000) $(BIN)/python -m pytest tests/unit/events/test_fast_judge.py --timeout=3600
	@$(BIN)/python -m pytest tests/unit -m hypothesis --hypothesis-profile=generated --timeout=1800 -n auto --dist worksteal

interleavings: setup-dev ## Workers over a Kafka in memory, in 10,000 orders of what happens for each role (TRIALS=n), an hour or more
	@ELFAUST_TEST_TRIALS=$(or $(TRIALS),10000) $(BIN)/python -m pytest tests/unit/interleavings/test_interleavings.py -n auto --dist worksteal

fuzz: setup-dev ## Fuzz the whole way: random schemas, lines and records, SECONDS (600), SEED
	@$(BIN)/python -m tests.fuzz.whole_way --seconds $(or $(SECONDS),600) $(if $(SEED),--seed $(SEED))

fuzz-lines: setup-dev ## Fuzz the line parser and the capsule, guided by coverage, SECONDS (600)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python atheris==3.0.0
	@$(BIN)/python -m tests.fuzz.lines -max_total_time=$(or $(SECONDS),600)

check-core: ## cargo fmt, clippy and the tests of the compiled judge; needs cargo
	@cd core && cargo fmt --check && cargo clippy --all-targets -- -D warnings && cargo clippy --features python -- -D warnings && cargo test

fuzz-core: setup-dev ## Fuzz the compiled judge, guided by coverage, SECONDS (600); needs a nightly cargo with cargo-fuzz
	@$(BIN)/python -m tests.fuzz.core_seeds core/fuzz
	@cd core && cargo +nightly fuzz run lines -- -dict=fuzz/json.dict -max_len=8192 -rss_limit_mb=512 -max_total_time=$(or $(SECONDS),600) -print_final_stats=1

bench: setup ## Events a second, end to end, beside the naive Faust processor; STAGE=processor: of it alone, CPU too, beside peers (TURNS=5)
	@$(BIN)/elfaust bench $(if $(EVENTS),--events $(EVENTS)) $(if $(STAGE),--stage $(STAGE) $(PEERS) $(if $(TURNS),--turns $(TURNS)))

lock: setup-dev ## Pin the newest dependencies that pyproject.toml allows, with their hashes
	@$(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra hive --extra duckdb -c requirements/run.txt pyproject.toml -o requirements/hive.txt
	@$(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev -c requirements/hive.txt pyproject.toml -o requirements/dev.txt

docs: setup-dev ## Write the tables of settings and metrics into docs/reference.md
	@$(BIN)/python scripts/settings_table.py

clean: ## Remove .venv, caches and build output; the servers' data in .stack stays
	@rm -rf core/target core/fuzz/target .venv .venv-bench build dist *.egg-info .mypy_cache .import_linter_cache .ruff_cache .pytest_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
