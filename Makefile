# What each target promises: docs/contract.md §1.
PYTHON ?= python3
VENV := .venv/bin/python
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install demo run test check fmt bench soak faults docs lock
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 18

.PHONY: base dev
base dev:
	@$(PYTHON) scripts/venv.py $@
	@$(VENV) scripts/compile_messages.py

install: dev ## make .venv with everything needed to run and to test

demo: base ## open the lab with invented people and simulated machines
	@exec $(VENV) -m scripts.serve demo

run: base ## open the lab with its own data
	@exec $(VENV) -m scripts.serve run

test: dev ## everything that must pass
	@exec $(VENV) -m scripts.verify all

check: dev ## static checks only
	@exec $(VENV) -m scripts.verify static

soak: dev ## the full counts of contested and fuzzed cases
	@exec $(VENV) -m scripts.verify soak

faults: dev ## fault drills, with a table
	@exec $(VENV) -m scripts.faults

bench: dev ## benchmarks, one JSON line per figure (NAMES="ingest booking" for some)
	@exec $(VENV) -m bench $(NAMES)

fmt: dev ## format the code
	@$(VENV) -m ruff format
	@$(VENV) -m ruff check --fix

docs: dev ## build docs/ as HTML in docs/_build
	@exec $(VENV) -m scripts.build_docs

lock: ## lock requirements/*.in with hashes (needs uv)
	@for name in base dev; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	    requirements/$$name.in --output-file requirements/$$name.txt || exit 1; done
