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

.PHONY: help setup test demo build release install loadtest hand-over latency storm timers recovery flat soak fuzz bench bench-peers clean

help:
	@echo "make test                 everything that must hold"
	@echo "make demo                 a shop in three minutes (ARGS=--exit ends there; BROKER=kafka uses a real broker)"
	@echo "make build | release      the binary, in $(CARGO_TARGET_DIR)/{debug,release}/cartwheel"
	@echo "make install              the binary, into $(PREFIX)/bin (PREFIX=... elsewhere)"
	@echo "make loadtest ARGS='--events 5000000 --customers 1000000'"
	@echo "make hand-over            how long a partition has no owner when an engine is killed, or stopped"
	@echo "make latency              from an event to its message, at half of what the machine can do, in an open loop (ARGS='--rate 200000 --rebalance --plots plots')"
	@echo "make storm | timers | recovery | flat   a bar each of benches/RESULTS.md, at full size (ARGS='--timers 20000' and so on try it; loadtest help NAME says what it needs)"
	@echo "make soak                 many more random configurations and histories than make test tries (CONFIGURATIONS=... RECOVERIES=...)"
	@echo "make fuzz                 a minute of random input for everything that reads strangers' bytes (FUZZ_SECONDS=...)"
	@echo "make bench                benchmarks (see benches/RESULTS.md)"
	@echo "make bench-peers          Cartwheel beside Flink and Kafka Streams on one job, into benches/PEERS.md (see benches/METHOD.md; WRITE= ARGS='--events 2000000 --customers 100000 --pairs 1' tries it)"

setup:
	@.ci/setup

# A second make, so that what setup has installed (ccache) counts.
test:
	@.ci/setup test
	@$(MAKE) --no-print-directory run-test

.PHONY: run-test run-demo run-build run-release
run-test:
	@.ci/test

demo: setup
	@$(MAKE) --no-print-directory run-demo

# Not the release: a shop of 5,000 customers needs no more, and the tests use what is built for it.
run-demo: run-build
	@$(CARGO_TARGET_DIR)/debug/cartwheel demo --broker $(BROKER) $(ARGS)

build: setup
	@$(MAKE) --no-print-directory run-build

run-build:
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

hand-over: release
	@cargo build --release --locked -p cartwheel-loadtest
	@$(CARGO_TARGET_DIR)/release/loadtest hand-over --events 100000 --customers 10000 $(ARGS)

latency: release
	@cargo build --release --locked -p cartwheel-loadtest
	@$(CARGO_TARGET_DIR)/release/loadtest latency $(ARGS)

# A command of the driver each, by its name.
storm timers recovery flat: release
	@cargo build --release --locked -p cartwheel-loadtest
	@$(CARGO_TARGET_DIR)/release/loadtest $@ $(ARGS)

# Core against reference, and recovery at every turn; some minutes.
CONFIGURATIONS ?= 50000
RECOVERIES ?= 5000
soak: setup
	@CARTWHEEL_CONFIGURATIONS=$(CONFIGURATIONS) CARTWHEEL_RECOVERIES=$(RECOVERIES) \
		cargo test --locked -p cartwheel-sim --test core_equals_reference -- random_configurations recovered

# One minute a target; needs a C++ compiler and cargo-fuzz. Nothing of it is nightly: no sanitizer, but every panic and overflow.
FUZZ_SECONDS ?= 60
fuzz: setup
	@command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
	@for target in $$(cargo fuzz list --fuzz-dir engine/fuzz); do \
		echo "=== $$target"; \
		RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$(CARTWHEEL_CACHE)/fuzz" cargo fuzz run --fuzz-dir engine/fuzz --sanitizer none "$$target" -- \
			-max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 -timeout=10 -max_len=65536 || exit 1; \
	done

bench: setup
	@cargo bench --locked -p cartwheel-benches $(ARGS)

# The table in benches/PEERS.md is rewritten if nothing differs from the reference model (WRITE= leaves it).
WRITE ?= --write benches/PEERS.md
bench-peers: release
	@cargo build --release --locked -p cartwheel-loadtest
	@$(CARGO_TARGET_DIR)/release/loadtest peers $(WRITE) $(ARGS)

clean:
	@cargo clean
