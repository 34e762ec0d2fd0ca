# make demo: set up, start and show everything.   make test: set up and run all tests.

PYTHON ?= python3
UV_VERSION := 0.13.9
BIN := .venv/bin
MEMBERS := libs/common services/ingest services/registry services/notify infra/stack
PROJECTS := pyproject.toml $(MEMBERS:%=%/pyproject.toml)
EVALUATION := services/registry/evaluation
READY := .venv/.istmo-ready

.PHONY: demo setup up down test unit soak bench bench-registry interleavings faults check evaluate train labels contracts release-contracts hooks lock

demo: up
	$(BIN)/istmo demo

setup: $(READY)

up: setup
	$(BIN)/istmo up --detach

down: setup
	$(BIN)/istmo down

test: setup
	$(BIN)/pytest

# Without what needs a running Kafka, PostgreSQL or Valkey.
unit: setup
	$(BIN)/pytest -m "not stack"

# Property tests with 5,000 random examples each, and all kinds of made-up requests.
soak: setup
	$(BIN)/pytest -m "not stack" --hypothesis-profile soak --timeout 3600
	ISTMO_MADE_UP=long $(BIN)/pytest tests/end_to_end/test_made_up_requests.py

# Each part beside the barest thing that does the same job; build/bench.json keeps the table. BENCH="post sse": only these.
bench: setup
	PYTHONPATH=tests/bench:tests/support:services/notify/tests $(BIN)/python -m istmo_bench $(BENCH)

# The registry that holds 10,000 and then 100,000 activities; N="50000" for others. build/bench-registry.json keeps the table.
bench-registry: setup
	PYTHONPATH=tests/bench:tests/support:services/notify/tests $(BIN)/python -m istmo_bench.scale $(N)

# Every single and double preemption of every small world, once of those that are one: one to two hours on two cores.
# Says how many orders there are, were played, and are equal to a played one. ISTMO_INTERLEAVINGS_SHARD=0/2 and 1/2, in
# two terminals, share the meetings out.
interleavings: setup
	ISTMO_INTERLEAVINGS=all $(BIN)/pytest --timeout=0 services/registry/tests/stages/test_interleavings.py

# Every fault three times on the real platform, at most 20 minutes. SEED=n repeats the runs of a day or of another machine,
# ONLY=kafka-killed,poison chooses, REPLAY=build/faults/….ndjson checks a kept history again and repeats its run.
faults: setup
	PYTHONPATH=tests/faults:tests/oracle $(BIN)/python -m istmo_faults \
		$(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY)) $(if $(REPLAY),--replay $(REPLAY))

check: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m istmo_common.contract_check contracts

# How good the matching is: precision, recall, B-cubed, confusion and the worst errors, beside simple baselines; half a
# minute. With ISTMO_REAL_DATA=<folder> also on real awards.
evaluate: setup
	PYTHONPATH=$(EVALUATION) $(BIN)/python -m istmo_evaluation

# The weights of matching, from the training split; writes domain/data/parameters.json. Half a minute.
train: setup
	PYTHONPATH=$(EVALUATION) $(BIN)/python -m istmo_evaluation.training

# The labelled set's two committed files, from its sources.
labels: setup
	PYTHONPATH=$(EVALUATION) $(BIN)/python -m istmo_evaluation.labels

# The JSON Schemas under contracts/, from the payloads.
contracts: setup
	$(BIN)/python -m istmo_common.contracts contracts

# Makes today's contract the released one, against which every later change is checked.
release-contracts: contracts
	$(BIN)/python -m istmo_common.contract_check contracts --release

hooks: setup
	$(BIN)/pre-commit install

# Pins stay as they are unless a project file asks for another version.
lock: $(BIN)/uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		$(PROJECTS) --group dev \
		$(addprefix --no-emit-package ,istmo istmo-common istmo-ingest istmo-registry istmo-notify istmo-stack) \
		--output-file requirements.lock

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Istmo needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(READY): requirements.lock $(PROJECTS) Makefile | $(BIN)/uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --requirements requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps \
		$(addprefix --editable ,. $(MEMBERS))
	@touch $@
