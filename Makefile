# One door. `make demo` and `make test` need Rust, a C compiler and Python 3.11 with venv; they set up all else in .venv and target.
#
#   make demo     build, then the story on real data
#   make test     every suite: Rust, C, C++, Python
#   make check    what must hold before a change goes in: format, lints, tests, types, documents
#   make bench    ours against peers, in one run; `make bench ONLY=clv` runs one family
#   make crash    a thousand kills over the whole write surface, in Rust and in Python
#   make tables   the tables of README.md, written anew
#   make clean    remove what the above made

SHELL := /bin/bash
.NOTPARALLEL:
PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
export CARGO_TARGET_DIR ?= $(CURDIR)/target
export VIRTUAL_ENV := $(CURDIR)/.venv
# The extension finds Python's symbols in the interpreter that loads it: cargo must not look for a libpython to link.
export PYO3_BUILD_EXTENSION_MODULE := 1

.PHONY: demo test check bench crash clean build format lint types docs memory tables

demo: build
	$(BIN)/bactrian demo

# The C and C++ programs use the library of the `dev` profile: the tests' build makes it anyway, and it checks for overflow.
test: build .venv/.test
	cargo test --workspace --exclude bactrian-python --no-run
	cargo build --workspace --exclude bactrian-python
	tests/run.sh

# The header is compared with what cbindgen writes by a test of bactrian-ffi, so `test` covers it.
check: format lint test types docs memory

bench: build .venv/.test .venv/.bench
	cargo build --release --package bactrian-ffi
	cargo bench --package bactrian --bench rows --no-run
	$(BIN)/python tests/bench $(ONLY)

crash: export BACTRIAN_KILL_ROUNDS := 1000
crash: build .venv/.test
	cargo test --package bactrian --test kill
	$(BIN)/python -m pytest -c python/pyproject.toml --rootdir . -q tests/python/test_proofs_kill.py

# The tables of README.md, from the list of capabilities and the last run of `make bench`.
tables:
	$(PYTHON) tests/tables.py

clean:
	rm -rf .venv target
	find python tests -name __pycache__ -prune -exec rm -rf {} +
	rm -f python/bactrian/_native*.so

build: .venv/.maturin
	$(BIN)/maturin develop --release --manifest-path python/Cargo.toml

format:
	cargo fmt --all --check

lint:
	cargo clippy --workspace --all-targets -- --deny warnings

types: build .venv/.test
	cd python && $(BIN)/mypy

# Every C and C++ program under AddressSanitizer and Valgrind.
memory:
	cargo build --package bactrian-ffi
	tests/c/memory.sh

docs:
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps

.venv/.maturin:
	$(PYTHON) -m venv .venv
	$(PIP) "$$(grep ^maturin tests/requirements.txt)"
	touch $@

.venv/.test: tests/requirements.txt | .venv/.maturin
	$(PIP) --requirement tests/requirements.txt
	touch $@

.venv/.bench: tests/requirements-bench.txt tests/requirements.txt
	grep -v '^#' tests/requirements-bench.txt | while read -r peer; do \
		$(PIP) --constraint tests/requirements.txt "$$peer" || echo "peer absent: $$peer cannot be installed"; done
	touch $@
