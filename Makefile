# `make help` lists what there is. Every target sets the project up first.

PY := .venv/bin/python
PYTEST := $(PY) -m pytest -q
# One more than there are processors, for tests wait, too: for a disk, a server, a browser.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); echo $$((n < 8 ? n + 1 : 8)))
# These are commands for one's own machine; a server is started with its own settings.
export EDGECODE_DEBUG ?= true
# Every process that a test or the demo starts would compile all it imports anew.
unexport PYTHONDONTWRITEBYTECODE
# On PostgreSQL those that need it: all races, and of the others as many as together send every
# statement that is sent on SQLite. What is not about a database is left out before that.
# (With `=`, or pytest takes the folder for tests, and looks for its options there.)
STATEMENTS := .pytest_cache/statements
ON_DATABASE := --database-only --for-statements-of=$(STATEMENTS) \
  $(addprefix --ignore=tests/,client demo hostile)
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv with everything of uv.lock
	@bin/setup

demo: setup ## play the story on real film and serve it (ONCE=1: end after it; PORT=8001)
	@$(PY) -m demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

test: setup ## all tests: on SQLite, on PostgreSQL, in a browser
	@bin/in-memory bin/each \
	  SQLite "env -u DATABASE_URL $(PYTEST) -n $(WORKERS) -m 'not browser' \
	    --note-statements=$(STATEMENTS)" \
	  PostgreSQL "$(PY) -m tests.postgres -- $(PYTEST) -n $(WORKERS) -m 'not browser' $(ON_DATABASE)" \
	  browser "env -u DATABASE_URL $(PYTEST) -n $(WORKERS) -m browser -rs tests/browser"

check: setup ## format, lint, types, imports, migrations, API schema, kinds, messages, lock, audit
	@bin/each \
	  format "$(PY) -m ruff format --check ." \
	  lint "$(PY) -m ruff check ." \
	  templates "git ls-files -co --exclude-standard '*/templates/*.html' | xargs -r .venv/bin/djade --check" \
	  types "$(PY) -m mypy" \
	  imports ".venv/bin/lint-imports --no-logo" \
	  migrations "$(PY) manage.py makemigrations --check --dry-run" \
	  schema "$(PY) bin/schema --check" \
	  kinds "$(PY) bin/kinds --check" \
	  messages "$(PY) bin/messages --check" \
	  lock "bin/uv lock --check" \
	  audit "bin/audit"

bench: setup ## measure registering, verifying and listing (the other bench-… measure the rest)
	@$(PY) -m benchmarks

bench-ledger: setup ## measure the ledger: appends, sequencing, proofs, bytes (ROWS=1000000)
	@$(PY) -m benchmarks.ledger $(ROWS)

bench-catalogue: setup ## measure the catalogue: search, imports, uploads, shots (FILES=1000000)
	@$(PY) -m benchmarks.catalogue.search $(FILES)
	@$(PY) -m benchmarks.catalogue.imports
	@$(PY) -m benchmarks.catalogue.uploads
	@$(PY) -m benchmarks.catalogue.shots

bench-clearance: setup ## measure clearance: a library in memory, a request of 10,000 files, terms tried
	@$(PY) -m benchmarks.clearance
	@$(PY) -m benchmarks.clearance_board
	@$(PY) -m benchmarks.tried_terms

bench-credentials: setup ## measure credentials: signing, delivery, status lists (FILES=100000)
	@$(PY) -m benchmarks.credentials $(FILES)
	@$(PY) -m benchmarks.status_lists

soak: setup ## kill the ledger's processes a thousand times, replay a million entries (KILLS, ENTRIES)
	@$(PY) -m tests.ledger.soak $(KILLS)
	@$(PY) -m tests.client.soak $(ENTRIES)

serve: migrate ## web, API and worker on http://127.0.0.1:8000/
	@$(PY) manage.py serve

migrate: setup ## bring the database of var/ up to date
	@$(PY) manage.py migrate --verbosity 0

messages: setup ## gather and compile the translations (needs gettext)
	@$(PY) bin/messages

schema: setup ## write the API's description to api/schema.json
	@$(PY) bin/schema

kinds: setup ## write the kinds of ledger entries to docs and to the auditor's program
	@$(PY) bin/kinds

format: setup ## format Python and templates
	@$(PY) -m ruff check --fix-only --quiet .
	@$(PY) -m ruff format --quiet .
	@git ls-files -co --exclude-standard '*/templates/*.html' | xargs -r .venv/bin/djade

.PHONY: help setup demo test check bench bench-ledger bench-catalogue bench-clearance bench-credentials \
  soak serve migrate messages schema kinds format
