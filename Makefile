# make demo | test | test-system | check | coverage | flags | exercises | sources | results | clean     (PYTHON=python3.12 make test)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check
MANIFEST := pyproject.toml constraints.txt
# A file's tests share what they compile; two threads in each of two processes would only wait.
# Files go out in the order of tests/conftest.py, not by how many tests they have.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-system check coverage flags exercises sources results clean
.DEFAULT_GOAL := demo

demo: $(VENV)/.runs
	$(BIN)/imagette train

test: check
	$(PYTEST) -m "not system"

test-system: $(VENV)/.develops
	$(PYTEST) -m system

check: $(VENV)/.develops
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

coverage: $(VENV)/.develops
	$(BIN)/python scripts/coverage.py

flags: $(VENV)/.develops
	$(BIN)/python scripts/flags.py

exercises: $(VENV)/.develops
	$(BIN)/python scripts/exercises.py

# The recipes of the five sources on the real data, short; as their files say: make sources LONG=1
sources: $(VENV)/.runs
	$(BIN)/python scripts/sources.py $(if $(LONG),--long)

results: $(VENV)/.runs
	$(BIN)/python scripts/results.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests scripts benchmarks -name __pycache__ -prune -exec rm -rf {} +

# A stamp is as new as the last install, so an unchanged manifest installs nothing again.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "imagette needs Python 3.11 or newer; '$(PYTHON)' is" \
	    "$$($(PYTHON) --version 2>&1 || true). Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runs: $(VENV)/.made $(MANIFEST)
	@echo "Installing imagette with PyTorch and JAX into $(VENV): some minutes without a word ..."
	@$(PIP) install -c constraints.txt -e '.[torch,haiku]'
	@touch $@

$(VENV)/.develops: $(VENV)/.made $(MANIFEST)
	@echo "Installing imagette with its development tools into $(VENV): some minutes without a word ..."
	@$(PIP) install -c constraints.txt -e '.[torch,jax,haiku,flax,equinox,onnx,litert,tensorboard,wandb,dev]'
	@touch $@ $(VENV)/.runs
