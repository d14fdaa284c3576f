# The developers' commands; what they need besides scripts/run is set up the first time. scripts/run and scripts/test need
# nothing of this file.
.DEFAULT_GOAL := help
.PHONY: help run test roles smoke lint audit format bench load pictures demo lock clean openapi
BIN := .venv/bin
DEV := $(BIN)/ruff

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(DEV):
	@bash -euo pipefail -c '. scripts/setup.sh && prepare_development'

run: ## Set up what is missing and serve on 127.0.0.1:8000 (scripts/run)
	scripts/run

test: ## Set up what is missing, lint and test everything (scripts/test)
	scripts/test

roles: | $(DEV) ## Write docs/roles.md again from what the routes answer
	GRIDCRM_WRITE_ROLES=1 $(BIN)/pytest tests/integration/access -k sqlite

smoke: | $(DEV) ## Start gridcrm in an empty instance, look around, start it again
	$(BIN)/python scripts/smoke.py

lint: | $(DEV) ## Check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: | $(DEV) ## Ask the advisory services about the locked packages (exit 3 when one cannot be reached)
	scripts/audit

format: | $(DEV) ## Put the code into the common form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: | $(DEV) ## Measure against the peers
	$(BIN)/python scripts/bench.py

load: | $(DEV) ## Put people to work on the city that GRIDCRM_DATABASE_URL names, and see how long they wait
	$(BIN)/python scripts/load_test.py

pictures: | $(DEV) ## Take a picture of every page (build/pictures); those of the documents go to docs/pictures
	$(BIN)/python scripts/pictures.py --keep docs/pictures

openapi: | $(DEV) ## Write down how the JSON API has grown (docs/openapi.json)
	$(BIN)/python scripts/openapi.py

demo: | $(DEV) ## Load the demo city into the database, unless there is one
	$(BIN)/gridcrm demo --once

lock: ## Rebuild the lock files from pyproject.toml and package.json
	scripts/lock

clean: ## Remove what tools leave behind; data and set-up stay
	rm -rf build *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find app gis tests migrations scripts -name __pycache__ -type d -prune -exec rm -rf {} +
