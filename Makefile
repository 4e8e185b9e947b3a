# Every target sets up .venv by itself when something changed. Arguments: make test ARGS="-k holiday"
PYTHON ?= python3
ARGS ?=

.PHONY: help run test check bench zones chaos mutants setup
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start example_app on an embedded SQLite file and watch its tasks (Ctrl-C ends it)
	@$(PYTHON) tools/dev.py run $(ARGS)

test: ## run the tests, three at a time
	@$(PYTHON) tools/dev.py test $(ARGS)

check: ## lint, format, types, schemas and the links of the docs
	@$(PYTHON) tools/dev.py check $(ARGS)

bench: ## measure, beside the raw database and the peers
	@$(PYTHON) tools/dev.py bench $(ARGS)

zones: ## every time zone against a brute-force scan (minutes)
	@$(PYTHON) tools/dev.py zones $(ARGS)

chaos: ## kill workers, runners and databases, then count (a night; ARGS='-m "chaos and not long"': minutes)
	@$(PYTHON) tools/dev.py chaos $(ARGS)

mutants: ## break the product on purpose; each fault must be caught by a test
	@$(PYTHON) tools/dev.py mutants $(ARGS)

setup: ## only set up .venv
	@$(PYTHON) tools/dev.py setup
