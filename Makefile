# Two commands matter: `make test` and `make demo`. Both install what they need, build, and run, on a new machine too.

# Outside the checkout, so that a fresh clone finds what was compiled before: RocksDB and librdkafka cost 28 CPU-minutes.
export CARTWHEEL_CACHE ?= $(HOME)/.cache/cartwheel
export CARGO_TARGET_DIR ?= $(CARTWHEEL_CACHE)/target
# The same C++ for every profile compiles once.
export CC ?= gcc
export CXX ?= g++
ifneq ($(shell command -v ccache),)
override CC := ccache gcc
override CXX := ccache g++
endif

ARGS ?=
BROKER ?= mock
# Where `make install` puts the binary: PREFIX/bin. Rust's own folder is on the PATH where rustup was used.
PREFIX ?= $(if $(wildcard $(HOME)/.cargo/bin),$(HOME)/.cargo,/usr/local)

.PHONY: help setup test demo build release install loadtest bench clean

help:
	@echo "make test                 everything that must hold"
	@echo "make demo                 a shop in three minutes (ARGS=--exit ends there; BROKER=kafka uses a real broker)"
	@echo "make build | release      the binary, in $(CARGO_TARGET_DIR)/{debug,release}/cartwheel"
	@echo "make install              the binary, into $(PREFIX)/bin (PREFIX=... elsewhere)"
	@echo "make loadtest ARGS='--events 5000000 --customers 1000000'"
	@echo "make bench                benchmarks (see benches/RESULTS.md)"

setup:
	@.ci/setup

# A second make, so that what setup has installed (ccache) counts.
test: setup
	@$(MAKE) --no-print-directory run-test

.PHONY: run-test run-demo run-release
run-test:
	@.ci/test

demo: setup
	@$(MAKE) --no-print-directory run-demo

run-demo: run-release
	@$(CARGO_TARGET_DIR)/release/cartwheel demo --broker $(BROKER) $(ARGS)

build: setup
	@cargo build --locked -p cartwheel

release: setup
	@$(MAKE) --no-print-directory run-release

run-release:
	@cargo build --release --locked -p cartwheel

install: release
	@install -D -m 755 $(CARGO_TARGET_DIR)/release/cartwheel "$(DESTDIR)$(PREFIX)/bin/cartwheel"
	@echo "installed $(DESTDIR)$(PREFIX)/bin/cartwheel"
	@command -v cartwheel >/dev/null || echo "put $(PREFIX)/bin on your PATH"

loadtest: release
	@cargo build --release --locked -p cartwheel-loadtest
	@$(CARGO_TARGET_DIR)/release/loadtest run $(ARGS)

bench: setup
	@cargo bench --locked -p cartwheel-benches $(ARGS)

clean:
	@cargo clean
