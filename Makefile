# `make demo` runs the main job; `make check` is the whole of CI.

CARGO ?= cargo
PREFIX ?= $(HOME)/.local
# A program that is built already; without one, `make install` builds it.
PROGRAM ?=
# Where `make demo` leaves its files.
DEMO ?= target/demo
STEP = @printf '\n== %s\n'

.DEFAULT_GOAL := help
.PHONY: help demo check format lint test docs shipped units quick rigs soak planted fuzz audit install uninstall release deb arch reference tools

help: ## say what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

demo: ## the main job on made-up calendars: feeds, detection, outcomes, notices, report
	$(CARGO) run --locked -- demo --dir $(DEMO)

check: format lint test docs shipped units quick ## everything that CI checks
	@printf '\n== everything is fine\n'

format: ## the source is formatted
	$(STEP) 'format'
	$(CARGO) fmt --check

lint: ## clippy has nothing to say
	$(STEP) 'lint'
	$(CARGO) clippy --locked --all-targets -- -D warnings

test: ## the tests pass
	$(STEP) 'tests'
	@if $(CARGO) nextest --version >/dev/null 2>&1; then \
	  echo '$(CARGO) nextest run'; $(CARGO) nextest run --locked --no-fail-fast; \
	else \
	  echo '$(CARGO) test (cargo-nextest would be quicker: make tools)'; $(CARGO) test --locked --no-fail-fast; \
	fi

docs: ## the documentation builds, and its examples work
	$(STEP) 'documentation'
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --no-deps --document-private-items
	$(CARGO) test --locked --doc --quiet

shipped: ## the shipped config is one that cadenced takes
	$(STEP) 'shipped config'
	$(CARGO) run --locked --quiet -- --config config/cadenced.toml check

units: ## systemd takes the units; it exits 0 on unknown keys, so that any word from it fails
	$(STEP) 'systemd units'
	@if command -v systemd-analyze >/dev/null; then sh systemd/verify.sh; \
	else echo 'skipped: systemd-analyze is not here (apt-get install systemd)'; fi

# Those of the rigs that take seconds; CI runs these.
QUICK = make-install caldav-radicale caldav-xandikos google-fake report-mail desktop-dunst

quick: ## the rigs that take seconds, as far as what they need is installed
	$(STEP) 'quick rigs'
	@bash tests/run-rigs.sh $(QUICK)

rigs: ## every test against real counterparts, with a table of what came out; RIGS=all installs what they need (Debian)
	$(STEP) 'rigs'
	@bash tests/run-rigs.sh

soak: ## more stories of the made-up world, faults planted in it on purpose, and the fault matrix; takes an hour (SIM_SEEDS, STORY_CASES)
	SIM_SEEDS=$${SIM_SEEDS:-4000} $(CARGO) test --locked --test it sim:: -- --test-threads 2
	STORY_CASES=$${STORY_CASES:-600} $(CARGO) test --locked --test it stories::properties
	$(MAKE) planted
	$(CARGO) test --locked --test it fault_clock -- --ignored --nocapture
	$(CARGO) test --locked --test it fault_matrix -- --ignored --nocapture

planted: ## faults planted on purpose, one after the other: a test must find each; takes some minutes
	$(STEP) 'planted faults'
	@bash tests/planted/run.sh

# How long each target is fuzzed, in seconds.
FUZZ_SECONDS ?= 3600
FUZZ = $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))

fuzz: ## every parser of what comes from outside, with inputs that look for trouble; FUZZ_SECONDS each, an hour; needs nightly, cargo-fuzz
	$(STEP) 'fuzzing'
	@for target in $(FUZZ); do sh fuzz/run.sh $$target $(FUZZ_SECONDS) || exit 1; done

audit: ## licences, bans and advisories of the dependencies; needs a network
	@command -v cargo-deny >/dev/null || { echo 'cargo-deny is not here: make tools'; exit 1; }
	$(CARGO) deny check

# Through the environment, as paths may have blanks and more in them.
install uninstall: export PREFIX := $(PREFIX)
install uninstall: export DESTDIR := $(DESTDIR)
install: export PROGRAM := $(PROGRAM)

install: $(if $(PROGRAM),,release) ## the program, its units, manual and the rest below PREFIX (~/.local); DESTDIR for packages
	@sh packaging/install.sh install

uninstall: ## what install put there; config and data stay
	@sh packaging/install.sh uninstall

release: ## the program as it is shipped, in target/release
	$(CARGO) build --release --locked

deb: release ## a Debian package, in target/debian (make tools has cargo-deb)
	@sh packaging/debian/build.sh

arch: ## an Arch package, in target/arch; needs makepkg, and not to be root
	@sh packaging/arch/build.sh

reference: ## docs/config.md, anew from config/cadenced.toml
	$(CARGO) run --locked --quiet -- man --reference > docs/config.md.new
	mv docs/config.md.new docs/config.md

tools: ## what the other targets can use: cargo-nextest, cargo-deny, cargo-deb
	command -v cargo-nextest >/dev/null || $(CARGO) install --locked cargo-nextest
	command -v cargo-deny >/dev/null || $(CARGO) install --locked cargo-deny
	command -v cargo-deb >/dev/null || $(CARGO) install --locked cargo-deb
