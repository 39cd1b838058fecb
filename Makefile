# The two commands: make run, make test. `make help` tells the rest.
ARGS ?=
# A worker for each core, a file's tests in one worker: a browser and a server serve them all.
WORKERS = -n auto --maxprocesses 4 --dist loadfile
.DEFAULT_GOAL := help
.PHONY: help setup run test check bench hostile drill pages dev browser wheelhouse lock vendor clean

help: ## Tell what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "PYTHON=python3.13 make ...   another interpreter than python3; it stays chosen"
	@echo "KB_DATA=/srv/kb PORT=8080 make run   another place for the data, another port"
	@echo "make test ARGS='-k search'   arguments for pytest (-n 0: one at a time)"

setup: ## Make .venv from requirements.txt (from wheelhouse/ alone, if there is one)
	@tools/venv.sh

run: setup ## Prepare the data and serve on http://127.0.0.1:8000
	@.venv/bin/python -m flask init
	@exec .venv/bin/python -m flask serve

test: dev browser ## Run every test, the browser's too (as root: installs what they need)
	@.venv/bin/python -m pytest $(WORKERS) $(ARGS)

check: dev ## Run ruff, and mypy on the rules and the search
	@.venv/bin/python -m ruff check .
	@.venv/bin/python -m mypy

dev:
	@tools/venv.sh dev

browser:
	@tools/browser.sh

drill: dev ## 4 people write 1,200 lines and save one article 1,200 times; the server dies 100 times in saves: what is lost? (15 minutes)
	@.venv/bin/python -m tests.durability.timeline --each 300
	@.venv/bin/python -m tests.durability.editing --each 300
	@.venv/bin/python -m tests.durability.kills --times $(or $(TIMES),100)

hostile: dev ## Read files made to do harm: what each is answered, how long it takes, by how much the server grows
	@.venv/bin/python -m tests.articles.hostile

bench: dev ## Measure the guides (seconds), then the search against tantivy: 1,000 to 100,000 articles, an hour (ARGS='--sizes 1000,10000')
	@.venv/bin/python -m flask guides bench
	@.venv/bin/python -m flask search bench $(ARGS)

pages: dev ## Measure the pages of incidents with 2,000 incidents and 20,000 events (half a minute)
	@.venv/bin/python -m flask incidents bench $(ARGS)

wheelhouse: ## Fill wheelhouse/ for a place with no network (DEV=1: tests too)
	@DEV=$(DEV) tools/wheelhouse.sh

lock: ## Write requirements*.txt anew from requirements*.in
	@tools/lock.sh

vendor: ## Fetch the vendored front-end files again and compare
	@$(or $(PYTHON),python3) tools/vendor.py fetch

clean: ## Remove .venv and caches; the data under var/ stays
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
