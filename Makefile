# Each target does all of its own set-up; a second start takes no time. Only Python 3.11+, make and a C library are needed.
PYTHON ?= python3
PY := .venv/bin/python
SERVICES := $(PY) -m tests.services
WORKERS ?= 2
ARGS ?=

.PHONY: run test soak check bench format lock clean
.NOTPARALLEL:

run: ## the portal, on PORT (default 8000), with a demo organisation unless MANDATE_DEMO=0
	@$(PYTHON) -I portal/bootstrap.py run
	@exec $(PY) manage.py serve --prepare --end-with-parent

test: ## every test on SQLite, then on PostgreSQL with the app role
	@$(PYTHON) -I portal/bootstrap.py test
	@$(PY) -m pytest --database sqlite -n $(WORKERS) $(ARGS)
	@$(SERVICES) run --or-skip -- $(PY) -m pytest --database postgresql -n $(WORKERS) $(ARGS)

soak: ## kill, fuzz and hammer tests; slow
	@$(PYTHON) -I portal/bootstrap.py test
	@$(PY) -m pytest --soak --database sqlite tests/soak $(ARGS)
	@$(SERVICES) run --or-skip -- $(PY) -m pytest --soak --database postgresql tests/soak $(ARGS)

check: ## format, lint, types, import contracts, templates, security, drawn docs
	@$(PYTHON) -I portal/bootstrap.py check
	@$(PY) -m tests.check

bench: ## how answers slow down as data grows; fails when a ratio misses its goal
	@$(PYTHON) -I portal/bootstrap.py test
	@$(SERVICES) run --or-skip --durable -- $(PY) -m pytest --database postgresql --bench -s -q tests/bench $(ARGS)

format: ## rewrites the code the way `make check` wants it
	@$(PYTHON) -I portal/bootstrap.py check
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format .

lock: ## remakes both locks from pyproject.toml; needs uv
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --quiet -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock

clean: ## forgets the environment and the caches; data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
