# lockstep: build, test, install.  `make help` lists the targets.

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build
CC      ?= cc
CFLAGS  ?= -O2 -g
CACHE   ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/lockstep
PKGS    := ncursesw libcurl jansson yaml-0.1 libcrypto
comma   := ,

WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wformat=2 -Wvla -Wundef \
        -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith \
        -Wwrite-strings -Wswitch-enum -Wimplicit-fallthrough
ifdef WERROR
WARN += -Werror
endif

# SAN=address,undefined, SAN=thread or COV=1: each has its own build tree.
ifdef SAN
override BUILD := $(BUILD)/$(subst $(comma),-,$(SAN))
INSTRUMENT := -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
else ifdef COV
override BUILD := $(BUILD)/cov
INSTRUMENT := --coverage -O0
else
INSTRUMENT := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
endif

# What the code needs to compile; CPPFLAGS, CFLAGS and LDFLAGS stay the user's own. pkg-config is
# asked only once `deps` had the chance to install it.
CPP_ALL = -D_GNU_SOURCE -DLOCKSTEP_VERSION='"$(VERSION)"' -Ibackend -Itui -Itests $(CPPFLAGS)
CC_ALL   = -std=c11 $(WARN) -fno-common -fPIE -pthread $(CFLAGS) $(INSTRUMENT) $(PKG_CFLAGS)
LD_ALL   = -pie -pthread -Wl,--as-needed -Wl,-z,relro $(INSTRUMENT) $(LDFLAGS)
PKG_CFLAGS = $(eval PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS)))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $(shell pkg-config --libs $(PKGS)) -lm)$(PKG_LIBS)
TEST_LIBS  = $(eval TEST_LIBS := $(shell pkg-config --libs check vterm libssl) -lutil)$(TEST_LIBS)

LIB_SRC   := $(sort $(shell find backend tui -name '*.c' ! -path tui/main.c))
TEST_SRC  := $(sort $(shell find tests -name '*.c' ! -path 'tests/fuzz/*' ! -path 'tests/bench/*' \
                      ! -path 'tests/prove/*' ! -path 'tests/engines/*' ! -path 'tests/mutate/*'))
PROVE_SRC := $(sort $(wildcard tests/prove/*.c))
EXPLORERS := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/*/explore*.c tests/explore/*.c) tests/alerts/lab.c tests/alerts/soak.c)
BENCH_SRC := $(sort $(wildcard tests/bench/*.c))
BENCH_OBJ := $(patsubst %.c,$(BUILD)/%.o,tests/health/canaries.c tests/guard/big_fleet.c tests/guard/random_world.c $(wildcard tests/guard/hidden*.c))
FUZZ_SRC  := $(sort $(wildcard tests/fuzz/fuzz_*.c))
ENGINE_SRC := $(sort $(shell find tests/engines -name '*.c' ! -path 'tests/engines/app/*'))
# Again on the older control plane, with VERSIONS=all.
KUBE_SUITES := $(shell sed -n 's/.*suite_create("\(kube-[a-z]*\)").*/\1/p' tests/engines/test_kube_*.c) kubernetes-conformance
LIB_OBJ   := $(LIB_SRC:%.c=$(BUILD)/%.o) $(BUILD)/themes.o
TEST_OBJ  := $(TEST_SRC:%.c=$(BUILD)/%.o)
ENGINE_OBJ := $(patsubst %.c,$(BUILD)/%.o,$(ENGINE_SRC) tests/main.c tests/kit.c tests/tui/program.c $(wildcard tests/tui/pty*.c) tests/tui/moments.c tests/engine/drive.c tests/net/server.c $(wildcard tests/drivers/conformance*.c))
MUTATE_SRC := $(sort $(wildcard tests/mutate/*.c))
ALL_C     := $(LIB_SRC) tui/main.c $(TEST_SRC) $(PROVE_SRC) $(BENCH_SRC) $(FUZZ_SRC) $(ENGINE_SRC) $(MUTATE_SRC)
ALL_H     := $(sort $(shell find backend tui tests -name '*.h'))

Q   := $(if $(V),,@)
say  = @printf '  %-7s %s\n'

.DEFAULT_GOAL := build
# Two at a time, the longest first; the guard in shares, so that both cores are busy to the end.
GUARD_SHARES := 1 2 3 4 5 6 7 8
PROVED := proved-protocol proved-watch $(GUARD_SHARES:%=proved-guard-%)
ENGINE_LANES := $(addprefix checked-,kube kube-2 swarm swarm-2 swarm-3 nomad nomad-2)
.PHONY: $(PROVED) $(ENGINE_LANES) build run check lint prove bench mutate coverage fuzz engines check-engines install uninstall dist clean help
.DELETE_ON_ERROR:

build: $(BUILD)/deps-build ## install what is missing to build, and build build/lockstep
	$(Q)$(MAKE) --no-print-directory -j2 $(BUILD)/lockstep

run: build ## build, and open the dashboard on the built-in simulator
	$(Q)$(BUILD)/lockstep demo

check: build $(BUILD)/deps-test ## build and run all tests that need no cluster; PARTS=2: two processes share them
	$(Q)$(MAKE) --no-print-directory -j2 $(BUILD)/unit
	$(Q)$(if $(PARTS),seq $(PARTS) | xargs -P $(PARTS) -I{} $(BUILD)/unit {}/$(PARTS),$(BUILD)/unit)

$(BUILD)/deps-%: .ci/deps
	$(Q).ci/deps $*
	@mkdir -p $(@D) && touch $@

$(BUILD)/lockstep: $(BUILD)/tui/main.o $(LIB_OBJ)
	$(say) LINK $@
	$(Q)$(CC) $(LD_ALL) $^ $(PKG_LIBS) -o $@

$(BUILD)/unit: $(TEST_OBJ) $(LIB_OBJ) | $(BUILD)/lockstep
	$(say) LINK $@
	$(Q)$(CC) $(LD_ALL) $^ $(PKG_LIBS) $(TEST_LIBS) -o $@

$(BUILD)/prove-%: $(BUILD)/tests/prove/%.o $(EXPLORERS) $(LIB_OBJ)
	$(Q)$(CC) $(LD_ALL) $^ $(PKG_LIBS) -o $@

$(BUILD)/bench-%: $(BUILD)/tests/bench/%.o $(BENCH_OBJ) $(LIB_OBJ)
	$(Q)$(CC) $(LD_ALL) $^ $(PKG_LIBS) -lutil -o $@

$(BUILD)/themes.c: tui/themes.awk $(wildcard themes/*.theme)
	@mkdir -p $(@D)
	$(Q)awk -f $^ >$@

$(BUILD)/themes.o: $(BUILD)/themes.c tui/theme.h
	$(Q)$(CC) $(CPP_ALL) $(CC_ALL) -c $< -o $@

$(BUILD)/%.o: %.c
	$(say) CC $<
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPP_ALL) $(CC_ALL) -MMD -MP -c $< -o $@

prove: build ## exhaustive explorers over the real protocol and guard code
	$(Q)$(MAKE) --no-print-directory $(PROVE_SRC:tests/prove/%.c=$(BUILD)/prove-%)
	$(Q)$(MAKE) --no-print-directory -j2 -Otarget $(PROVED)

proved-protocol proved-watch: proved-%:
	$(Q)$(BUILD)/prove-$* --all

$(GUARD_SHARES:%=proved-guard-%): proved-guard-%:
	$(Q)$(BUILD)/prove-guard --all --share $*/$(words $(GUARD_SHARES))

bench: build $(BUILD)/deps-bench ## measure, beside peers in the same run
	$(Q)$(MAKE) --no-print-directory $(BENCH_SRC:tests/bench/%.c=$(BUILD)/bench-%)
	$(Q)set -e; for b in $(BENCH_SRC:tests/bench/%.c=$(BUILD)/bench-%); do LOCKSTEP_BIN=$(BUILD)/lockstep $$b; done
	$(Q)tests/engines/build.sh "$(CACHE)/engines" k9s || true
	$(Q)tests/bench/scale.py $(BUILD)/lockstep "$(CACHE)/engines"
	$(Q)tests/engines/build.sh "$(CACHE)/engines" wander || true
	$(Q)tests/bench/scale_nomad.py $(BUILD)/lockstep "$(CACHE)/engines"
	$(Q)! [ -x "$(CACHE)/engines/nomad/nomad" ] || { $(MAKE) --no-print-directory -j2 $(BUILD)/engines && \
		CK_RUN_SUITE=nomad-driver CK_RUN_CASE=rollback LOCKSTEP_ENGINES="$(CACHE)/engines" $(BUILD)/engines; }

# Mutants of the guard, all in one program: everything but the guard is the ordinary build's.
GUARD_SRC  := $(filter backend/guard/%,$(LIB_SRC))
MUTANT_OBJ := $(GUARD_SRC:%.c=$(BUILD)/mutate/%.o) $(BUILD)/mutate/mutants.o
MUTATE_OBJ := $(filter-out $(GUARD_SRC:%.c=$(BUILD)/%.o),$(LIB_OBJ)) $(MUTATE_SRC:%.c=$(BUILD)/%.o) $(BUILD)/tests/kit.o \
              $(patsubst %.c,$(BUILD)/%.o,$(filter tests/guard/% tests/release/% tests/explore/% tests/board/% tests/engine/% tests/drivers/sim_bench.c tests/drivers/conformance%,$(TEST_SRC)))
mutate: build $(BUILD)/deps-mutate ## mutation testing of the guard; SAMPLE=10: every tenth, AGAIN=LOG: what lived in LOG
	$(Q)$(MAKE) --no-print-directory -j2 $(BUILD)/mutants
	$(Q)SAMPLE=$(SAMPLE) ONLY=$(ONLY) AGAIN=$(AGAIN) $(BUILD)/mutants

$(BUILD)/mutate/mutants.c: tests/mutate/instrument.py $(GUARD_SRC) $(wildcard backend/*/*.h)
	$(say) MUTATE backend/guard
	@mkdir -p $(@D)
	$(Q)tests/mutate/instrument.py $(@D) "$(subst ",\",$(CPP_ALL)) $(PKG_CFLAGS)" $(GUARD_SRC)

$(GUARD_SRC:%.c=$(BUILD)/mutate/%.c): $(BUILD)/mutate/mutants.c ;

$(MUTANT_OBJ): %.o: %.c tests/mutate/mutate.h
	$(Q)$(CC) $(CPP_ALL) -std=gnu11 -w -O2 -fPIE -pthread $(PKG_CFLAGS) -include mutate/mutate.h -c $< -o $@

$(BUILD)/mutants: $(MUTANT_OBJ) $(MUTATE_OBJ)
	$(say) LINK $@
	$(Q)$(CC) $(LD_ALL) $^ $(PKG_LIBS) -lutil -o $@

# Each has every fourth suite, two at a time; what they count adds up.
COV_RUNS := $(patsubst %,$(BUILD)/cov/unit-%.log,1 2 3 4)
.PHONY: $(COV_RUNS)
$(COV_RUNS): $(BUILD)/cov/unit-%.log:
	$(Q)CK_TIMEOUT_MULTIPLIER=20 $(BUILD)/cov/unit $*/$(words $(COV_RUNS)) >$@ || { tail -20 $@; exit 1; }

# Counts are added up over runs, so they start from none.
coverage: $(BUILD)/deps-test $(BUILD)/deps-mutate ## branches of the guard and of releases that tests take
	$(Q)$(MAKE) --no-print-directory -j2 COV=1 $(BUILD)/cov/lockstep $(BUILD)/cov/unit
	$(Q)find $(BUILD)/cov -name '*.gcda' -delete
	$(Q)$(MAKE) --no-print-directory -j2 -Otarget $(COV_RUNS)
	$(Q)tests/coverage/branches.py $(BUILD)/cov tests/coverage/gaps backend/guard/ backend/release/

FUZZ_SECONDS ?= 20
fuzz: $(BUILD)/deps-lint $(BUILD)/themes.c ## fuzz every parser, FUZZ_SECONDS each (clang's libFuzzer)
	$(Q)tests/fuzz/run.sh $(BUILD)/fuzz $(FUZZ_SECONDS) $(FUZZ_SRC:tests/fuzz/%.c=%)

engines: $(BUILD)/deps-engines ## build the engines that tests run against, cached in $(CACHE)
	$(Q)tests/engines/build.sh "$(CACHE)/engines"

check-engines: build engines ## the driver suites against real engines (root and namespaces needed; VERSIONS=all: older ones, too)
	$(Q)$(MAKE) --no-print-directory -j2 $(BUILD)/engines
	$(Q)$(MAKE) --no-print-directory -j$(words $(ENGINE_LANES)) -Otarget $(ENGINE_LANES)
ifeq ($(VERSIONS),all)
	$(Q)set -e; for suite in $(KUBE_SUITES); do CK_RUN_SUITE=$$suite KUBE_CONTROL_PLANE=kubernetes-old \
		LOCKSTEP_ENGINES="$(CACHE)/engines" $(BUILD)/engines; done
	$(Q)set -e; for suite in nomad-old nomad-driver; do CK_RUN_SUITE=$$suite NOMAD_AGENT=nomad-old \
		LOCKSTEP_ENGINES="$(CACHE)/engines" $(BUILD)/engines; done
endif

# All lanes side by side: their suites wait more than they compute (tests/engines/lane.py).
$(ENGINE_LANES): checked-%:
	$(Q)LOCKSTEP_ENGINES="$(CACHE)/engines" tests/engines/lane.py $(BUILD)/engines $*

# Only the suites that need a cluster; the runner and the conformance suite are shared.
$(BUILD)/engines: $(ENGINE_OBJ) $(LIB_OBJ)
	$(say) LINK $@
	$(Q)$(CC) $(LD_ALL) $^ $(PKG_LIBS) $(TEST_LIBS) -o $@

lint: $(BUILD)/deps-lint ## format, layers, headers, banned functions, ceilings, tidy, cppcheck
	$(Q)CPP_ALL="$(subst ",\",$(CPP_ALL)) $(PKG_CFLAGS)" .ci/lint "$(ALL_C)" "$(ALL_H)"

SHARE = $(DESTDIR)$(PREFIX)/share
MADE  = $(SHARE)/man/man1/lockstep.1 $(SHARE)/bash-completion/completions/lockstep \
        $(SHARE)/zsh/site-functions/_lockstep $(SHARE)/fish/vendor_completions.d/lockstep.fish \
        $(DESTDIR)$(PREFIX)/lib/systemd/system/lockstep-watch.service

install: build ## honours DESTDIR and PREFIX
	install -D -m 755 $(BUILD)/lockstep $(DESTDIR)$(PREFIX)/bin/lockstep
	install -d $(SHARE)/lockstep/themes $(dir $(MADE))
	install -m 644 themes/*.theme $(SHARE)/lockstep/themes
	$(BUILD)/lockstep help --man >$(word 1,$(MADE))
	$(BUILD)/lockstep completion bash >$(word 2,$(MADE))
	$(BUILD)/lockstep completion zsh >$(word 3,$(MADE))
	$(BUILD)/lockstep completion fish >$(word 4,$(MADE))
	$(BUILD)/lockstep watch --print-unit >$(word 5,$(MADE))

uninstall: ## remove what install put there
	$(RM) $(DESTDIR)$(PREFIX)/bin/lockstep $(MADE)
	$(RM) -r $(SHARE)/lockstep

dist: ## a source archive of the committed tree
	git archive --prefix=lockstep-$(VERSION)/ -o lockstep-$(VERSION).tar.gz HEAD

clean: ## remove every build tree
	$(RM) -r build

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(LIB_OBJ:.o=.d) $(TEST_OBJ:.o=.d) $(ENGINE_OBJ:.o=.d) $(MUTATE_SRC:%.c=$(BUILD)/%.d) $(BUILD)/tui/main.d
