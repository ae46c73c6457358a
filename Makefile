# Selene: set-up, run, test, lint. `make` alone lists the targets.
# Every target installs what it needs; when nothing is missing that takes a fraction of a second.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

# FFmpeg and ONNX Runtime are C libraries.
export CGO_ENABLED := 1
TOOLS := $(CURDIR)/bin/tools
GOLANGCI := $(TOOLS)/golangci-lint-v2.15.0
# Of `make audit`. VULNDB is the copy of the vulnerability database that is used where the current one cannot be reached.
GOVULNCHECK := $(TOOLS)/govulncheck-v1.9.0
CYCLONEDX := $(TOOLS)/cyclonedx-gomod-v1.10.0
VULNDB := v0.0.0-20261105234957-e22db6528018
INDEXDB := $(TOOLS)/indexdb-$(VULNDB)
# The S3 service of the tests.
S3_SERVICE := $(TOOLS)/versitygw-v1.8.0
SETUP := deploy/setup

UI := edge/ui
VISION := workers/vision
# npm writes this file last, so its presence means that an install has finished.
UI_NPM := $(UI)/node_modules/.package-lock.json
VISION_NPM := $(VISION)/node_modules/.package-lock.json
EXAMPLE := workers/example/node
EXAMPLE_NPM := $(EXAMPLE)/node_modules/.package-lock.json
UI_SOURCES := $(shell find $(UI) \( -name node_modules -o -name dist -o -name '.*' \) -prune -o -type f -print)
PAGE := $(UI)/dist/index.html
PACKS := $(VISION)/packs
BASE := $(PACKS)/base/pack.json

# Runs and sums up all tests.
GOTESTSUM := $(TOOLS)/gotestsum-v1.13.0
TEST := GOTESTSUM=$(GOTESTSUM) $(SETUP)/test.sh
NPM := npm --no-audit --no-fund --no-update-notifier

##@ Use
.PHONY: run
run: build models ## set up, build and start everything in one process; prints the address of the page
	@exec bin/selene up $(ARGS)

.PHONY: build
build: system go-build ## build bin/selene, the page included

.PHONY: setup
setup: system $(UI_NPM) $(VISION_NPM) $(EXAMPLE_NPM) models ## install what is missing: system packages, npm packages, models

##@ Develop
.PHONY: test
test: test-parts ## run all tests; installs what they need
	@$(TEST)

.PHONY: test-long
test-long: test-parts ## run all tests on full-length inputs, more of them under the race detector
	@$(TEST) long

.PHONY: simulate
simulate: build models ## play simulated sessions with both packs and write deploy/tools/simulate/TABLE.md; SESSIONS, PEOPLE, SEED
	@deploy/tools/simulate/table.sh | tee deploy/tools/simulate/TABLE.md

.PHONY: lint
lint: system $(GOLANGCI) $(PAGE) ## vet, golangci-lint with the import rules, subject names, words, TypeScript types
	go vet ./...
	$(GOLANGCI) run
	$(SETUP)/wire_names.sh
	$(SETUP)/words.sh
	cd $(UI) && npm run --silent check

.PHONY: audit
audit: system $(GOLANGCI) $(GOVULNCHECK) $(CYCLONEDX) $(INDEXDB) $(PAGE) ## gosec, known vulnerabilities, licences, bills of materials (bin/sbom)
	$(GOLANGCI) run --enable-only gosec
	@TOOLS=$(TOOLS) GOVULNCHECK=$(GOVULNCHECK) CYCLONEDX=$(CYCLONEDX) INDEXDB=$(INDEXDB) VULNDB=$(VULNDB) $(SETUP)/audit.sh

.PHONY: fmt
fmt: $(GOLANGCI) $(UI_NPM) ## format Go, TypeScript and CSS; FMT_FLAGS=--diff only reports differences
	@$(GOLANGCI) fmt $(FMT_FLAGS)
	@cd $(UI) && npm run --silent $(if $(FMT_FLAGS),format:check,format)

.PHONY: bench
bench: build models ## run the benchmarks; BENCH=regexp and PKG=./dir/... select them
	go test -run='^$$' -bench='$(or $(BENCH),.)' -benchmem $(or $(PKG),./...)

.PHONY: bench-video
bench-video: system ## encode 300 frames with Selene and with the ffmpeg program, per codec, and compare
	@go test -count=1 -run='^$$' -bench='^BenchmarkAgainstFFmpeg$$' -benchtime=1x ./workers/video/stitch

.PHONY: fuzz
fuzz: system ## run every fuzz target on FUZZ_INPUTS inputs, 50000 by default
	$(SETUP)/fuzz.sh $(FUZZ_INPUTS)

.PHONY: proto
proto: $(TOOLS)/protoc-gen-go ## regenerate schemas/*.pb.go and schemas/SETTINGS.md
	$(SETUP)/system.sh proto
	PATH="$(TOOLS):$$PATH" go generate ./schemas

.PHONY: clean
clean: ## remove built and downloaded files; keeps ./data
	rm -rf bin $(UI)/node_modules $(VISION)/node_modules $(EXAMPLE)/node_modules $(PACKS) test/output
	find $(UI)/dist -mindepth 1 ! -name .gitkeep -delete

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Parts of the targets above.

.PHONY: test-parts
test-parts: test-system build models $(UI_NPM) $(EXAMPLE_NPM) $(GOTESTSUM) $(S3_SERVICE)

.PHONY: system test-system
system:
	@$(SETUP)/system.sh build
test-system:
	@$(SETUP)/system.sh build test

.PHONY: go-build
go-build: $(PAGE)
	@go build -o bin/selene ./deploy/selene

# A complete `zoo` pack causes no request; an incomplete one is tried again each time, since the network may be back.
.PHONY: models
models: $(BASE) go-build
	@$(SETUP)/zoo.sh

# Files. Each depends on the system packages without being rebuilt for them.

$(UI_NPM): $(UI)/package.json $(UI)/package-lock.json | system
	@echo "set-up: npm packages of $(UI)"
	@cd $(UI) && $(NPM) ci --ignore-scripts --silent && touch node_modules/.package-lock.json

$(VISION_NPM): $(VISION)/package.json $(VISION)/package-lock.json | system
	@echo "set-up: npm packages of $(VISION)"
	@cd $(VISION) && $(NPM) ci --ignore-scripts --silent && touch node_modules/.package-lock.json

$(EXAMPLE_NPM): $(EXAMPLE)/package.json $(EXAMPLE)/package-lock.json | system
	@echo "set-up: npm packages of $(EXAMPLE)"
	@cd $(EXAMPLE) && $(NPM) ci --ignore-scripts --silent && touch node_modules/.package-lock.json

$(PAGE): $(UI_NPM) $(UI_SOURCES)
	@cd $(UI) && npm run --silent build && touch dist/index.html

# Importing takes seconds, so it is only done again when the importer changes.
$(BASE): $(VISION_NPM) $(filter-out %_test.go,$(wildcard $(VISION)/tfjs/*.go $(VISION)/modelstore/*)) | system
	@go run ./deploy/tools/importmodels && touch $@

# The file name holds the version: another version is another file, built when first needed.
$(GOLANGCI): | system
	@echo "set-up: building $(notdir $@), a minute or two"
	@GOBIN=$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(patsubst golangci-lint-%,%,$(notdir $@))
	@mv $(TOOLS)/golangci-lint $@

$(GOTESTSUM): | system
	@echo "set-up: building $(notdir $@)"
	@CGO_ENABLED=0 GOBIN=$(TOOLS) go install gotest.tools/gotestsum@$(patsubst gotestsum-%,%,$(notdir $@))
	@mv $(TOOLS)/gotestsum $@

$(GOVULNCHECK): | system
	@echo "set-up: building $(notdir $@)"
	@CGO_ENABLED=0 GOBIN=$(TOOLS) go install golang.org/x/vuln/cmd/govulncheck@$(patsubst govulncheck-%,%,$(notdir $@))
	@mv $(TOOLS)/govulncheck $@

$(CYCLONEDX): | system
	@echo "set-up: building $(notdir $@)"
	@CGO_ENABLED=0 GOBIN=$(TOOLS) go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(patsubst cyclonedx-gomod-%,%,$(notdir $@))
	@mv $(TOOLS)/cyclonedx-gomod $@

$(INDEXDB): | system
	@echo "set-up: building $(notdir $@)"
	@CGO_ENABLED=0 GOBIN=$(TOOLS) go install golang.org/x/vulndb/cmd/indexdb@$(patsubst indexdb-%,%,$(notdir $@))
	@mv $(TOOLS)/indexdb $@

# Without it the tests of S3 skip, so a failure to build it only prints a line.
$(S3_SERVICE): | system
	@echo "set-up: building $(notdir $@), a minute"
	@CGO_ENABLED=0 GOBIN=$(TOOLS) go install github.com/versity/versitygw/cmd/versitygw@$(patsubst versitygw-%,%,$(notdir $@)) \
		&& mv $(TOOLS)/versitygw $@ || echo "set-up: $(notdir $@) could not be built, tests of S3 will skip"

# Its version is that of google.golang.org/protobuf in go.mod.
$(TOOLS)/protoc-gen-go: go.mod
	@go build -o $@ google.golang.org/protobuf/cmd/protoc-gen-go
