# `make demo` runs the main job; `make check` is the whole of CI.

CARGO ?= cargo
PREFIX ?= $(HOME)/.local
UNITS ?= $(HOME)/.config/systemd/user
# Where `make demo` leaves its files.
DEMO ?= target/demo
# Runs the rig $$rig; one that lacks what it needs says so and ends with 77.
RUN_RIG = echo "-- $$rig"; timeout 600 bash tests/rigs/$$rig.sh </dev/null; result=$$?; \
  if [ $$result = 77 ]; then echo "skipped: $$rig says what is missing"; \
  elif [ $$result != 0 ]; then echo "failed: $$rig ($$result)"; exit 1; fi
STEP = @printf '\n== %s\n'

.DEFAULT_GOAL := help
.PHONY: help demo check format lint test docs shipped units quick rigs soak audit install uninstall tools

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
QUICK = caldav-radicale caldav-xandikos google-fake report-mail desktop-dunst

quick: ## the rigs that take seconds, as far as what they need is installed
	$(STEP) 'quick rigs'
	@for rig in $(QUICK); do $(RUN_RIG); done

rigs: ## every test against real counterparts; RIGS=all installs what they need (Debian)
	$(STEP) 'rigs'
	@for rig in $(basename $(notdir $(wildcard tests/rigs/*.sh))); do $(RUN_RIG); done

soak: ## more stories of the made-up world, faults planted in it on purpose, and the fault matrix; takes an hour
	SIM_SEEDS=$${SIM_SEEDS:-20000} $(CARGO) test --locked --test it sim:: -- --test-threads 2
	bash tests/sim/planted.sh
	$(CARGO) test --locked --test it fault_ -- --ignored --nocapture --test-threads 1

audit: ## licences, bans and advisories of the dependencies; needs a network
	@command -v cargo-deny >/dev/null || { echo 'cargo-deny is not here: make tools'; exit 1; }
	$(CARGO) deny check

install: ## the program and its units, for this user
	$(CARGO) build --release --locked
	install -D -m 755 $${CARGO_TARGET_DIR:-target}/release/cadenced $(DESTDIR)$(PREFIX)/bin/cadenced
	mkdir -p $(DESTDIR)$(UNITS)
	for unit in cadenced.service cadenced@.service; do \
	  sed 's|%h/.local/bin/|$(PREFIX)/bin/|' "systemd/$$unit" > "$(DESTDIR)$(UNITS)/$$unit"; done
	mkdir -p $(DESTDIR)$(PREFIX)/share/dbus-1/services
	sed 's|@PREFIX@|$(PREFIX)|' share/org.cadenced.Daemon1.service \
	  > $(DESTDIR)$(PREFIX)/share/dbus-1/services/org.cadenced.Daemon1.service
	install -D -m 644 share/cadenced.desktop $(DESTDIR)$(PREFIX)/share/applications/cadenced.desktop
	install -D -m 644 share/cadenced.svg $(DESTDIR)$(PREFIX)/share/icons/hicolor/scalable/apps/cadenced.svg
	install -D -m 644 config/cadenced.toml $(DESTDIR)$(PREFIX)/share/cadenced/cadenced.toml
	@echo 'Copy $(PREFIX)/share/cadenced/cadenced.toml to ~/.config/cadenced/config.toml, fill it in, then:'
	@echo '  cadenced check && systemctl --user daemon-reload && systemctl --user enable --now cadenced'

uninstall: ## what install put there; config and data stay
	rm -f $(DESTDIR)$(PREFIX)/bin/cadenced $(DESTDIR)$(PREFIX)/share/cadenced/cadenced.toml
	rm -f $(DESTDIR)$(PREFIX)/share/dbus-1/services/org.cadenced.Daemon1.service
	rm -f $(DESTDIR)$(PREFIX)/share/applications/cadenced.desktop
	rm -f $(DESTDIR)$(PREFIX)/share/icons/hicolor/scalable/apps/cadenced.svg
	rm -f $(DESTDIR)$(UNITS)/cadenced.service $(DESTDIR)$(UNITS)/cadenced@.service

tools: ## what the other targets can use: cargo-nextest, cargo-deny
	command -v cargo-nextest >/dev/null || $(CARGO) install --locked cargo-nextest
	command -v cargo-deny >/dev/null || $(CARGO) install --locked cargo-deny
