# Thin targets; what they do is in scripts/ and in CMakePresets.json. Start with: make help
.DEFAULT_GOAL := help
.PHONY: build demo test test-asan test-race stress bench benchmark lint fmt install clean help

PREFIX ?= /usr/local
BENCH ?= blocks
LAUNCHER := $(if $(shell command -v ccache),-DCMAKE_C_COMPILER_LAUNCHER=ccache)

build:      ## the command: build/release/pevm
	scripts/setup
	cmake --preset release $(LAUNCHER)
	cmake --build build/release --parallel --target pevm

demo: build ## make chains with real contracts, execute them one by one and in parallel, verify every root
	scripts/demo

test:       ## everything that proves this tree; says what it skipped and why
	scripts/test

test-asan:  ## unit tests and a sample of the official packs under the address and undefined sanitizers
	scripts/test asan

test-race:  ## unit tests under the thread sanitizer
	scripts/test race

stress:     ## 100,000 random blocks on several workers against one after another; a thousand with sanitizers
	scripts/stress

bench: build ## the interpreter and all blocks, as tables; also in build/bench.txt
	bash -o pipefail -c '{ build/release/pevm bench evm && build/release/pevm bench $(BENCH); } | tee build/bench.txt'

benchmark: bench

# pevm bench NAME for each group: make bench-storage, bench-scheduler, bench-executor, bench-gigagas, ...
bench-%: build
	build/release/pevm bench $*

lint:       ## the tidy test: layers, format, names, one test per noun; docs/STYLE.md
	python3 tools/tidy/tidy.py

fmt:        ## format all C files
	python3 tools/tidy/tidy.py --format

install: build ## command, library, headers, pkg-config and CMake files under $(PREFIX) (DESTDIR is respected)
	cmake --build build/release --parallel --target pevm_shared pevm_static
	DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)"

clean:      ## all builds; what scripts/setup fetched stays
	find build -mindepth 1 -maxdepth 1 ! -name deps -exec rm -rf {} +

help:       ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1@/p' $(MAKEFILE_LIST) | while IFS=@ read -r a b; do printf '%-20s %s\n' "$$a" "$$b"; done
