# Two commands: `make run` (see it work) and `make test` (every check).
# `make help` lists the rest.

SHELL      := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN  := bin
WEB  := viewer/web
DIST := $(WEB)/dist/index.html
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unknown)

export PATH := $(CURDIR)/$(WEB)/node_modules/.bin:$(PATH)

# The agent is one file: C libraries linked statically, names and users resolved by Go.
AGENT_LIBS  := -static -lX11 -lXtst -lXext -lXi -lXfixes -lX11 -lxcb -lXau -lXdmcp
AGENT_FLAGS := -tags netgo,osusergo -ldflags '-s -w -linkmode external -extldflags "$(AGENT_LIBS)" -X main.version=$(VERSION)'
PLAIN_FLAGS := -trimpath -ldflags '-s -w -X main.version=$(VERSION)'

GO_SOURCES  := $(shell find agent relay viewer protocol consent recording cmd -name '*.go' -not -path '*/node_modules/*') go.mod go.sum
WEB_SOURCES := $(shell find $(WEB) -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

.PHONY: help run demo test prove bench build generate packages clean

help: ## list what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build ## start Beside: by hand on your display, or as a scripted session without one
	@.ci/run-session

demo: build ## one scripted session on a virtual desktop; pictures of it in demo-out/
	@$(BIN)/beside-demo --out demo-out

test: packages ## every check; what CI calls
	@.ci/test

prove: build ## the long proofs, one table of promise or threat, test and result
	@go run ./cmd/internal/prove

bench: build ## measure, and compare with peers; BENCH=-quick for a short look
	@.ci/packages bench || echo "The table will say which peers are missing." >&2
	@go run ./cmd/internal/bench $(BENCH)

build: packages $(BIN)/beside-relay $(BIN)/beside-agent $(BIN)/beside-viewer $(BIN)/beside-demo ## the programs, in bin/

packages: ## install the system packages that are missing
	@.ci/packages

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json | packages
	cd $(WEB) && npm ci --no-fund --no-audit
	@touch $@

$(DIST): $(WEB)/node_modules/.package-lock.json $(WEB_SOURCES)
	cd $(WEB) && npm run --silent build
	@touch $@

$(BIN)/beside-relay: $(GO_SOURCES) $(DIST) | packages
	CGO_ENABLED=0 go build $(PLAIN_FLAGS) -o $@ ./cmd/beside-relay

$(BIN)/beside-viewer: $(GO_SOURCES) $(DIST) | packages
	CGO_ENABLED=0 go build $(PLAIN_FLAGS) -o $@ ./cmd/beside-viewer

$(BIN)/beside-agent: $(GO_SOURCES) | packages
	CGO_ENABLED=1 go build -trimpath $(AGENT_FLAGS) -o $@ ./cmd/beside-agent

$(BIN)/beside-demo: $(GO_SOURCES) | packages
	CGO_ENABLED=0 go build $(PLAIN_FLAGS) -o $@ ./cmd/internal/demo

generate: $(WEB)/node_modules/.package-lock.json ## make the generated code from protocol/proto
	cd protocol && buf lint && buf generate

clean: ## remove what was built
	rm -rf $(BIN) demo-out $(WEB)/node_modules
	git clean -fdxq $(WEB)/dist
