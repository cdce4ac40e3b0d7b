# Everything a newcomer or a developer runs; `make help` lists it. GNU make.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# ---- What may be set on the command line -----------------------------------------------------------------
# The Python that `.venv` is made with; the system's own is the one that stays.
PYTHON ?= $(shell /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null \
	&& echo /usr/bin/python3 || echo python3)
# The Python that PyQGIS belongs to.
QGIS_PYTHON ?= /usr/bin/python3
# Installed before everything else, so that one build is chosen here and nowhere else. PyPI's build for Linux brings
# CUDA with it (some GB). Where pip also sees a CPU build (PIP_FIND_LINKS, PIP_EXTRA_INDEX_URL) it takes that one,
# because 2.13.0+cpu sorts above 2.13.0.
TORCH ?= torch==2.13.0
# The QGIS profile folder that `make install` writes to; empty is QGIS's default profile.
PROFILE ?=
# More options for pytest, as in `make test-unit PYTEST="-x -k raster"`.
PYTEST ?=
# Options of `make fuzz` and `make fuzz-cancel`.
FUZZ ?=
# The run folder of `make weights`, and more options for its training, as in
# `make weights RUN=runs/seed2 TRAIN="--seed 2" WEIGHTS=runs/seed2/buildings.safetensors` (training/README.md).
RUN ?= runs/weights
TRAIN ?=

# ---- Names -------------------------------------------------------------------------------------------------
VERSION := $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' building_footprints_plugin/__init__.py)
ZIP := dist/building_footprints_plugin-$(VERSION).zip
PY := .venv/bin/python
ENGINE := $(PY) -m building_footprints_plugin.engine
# -qq: errors only; warnings about an index that lacks a package are not for a newcomer.
PIP := -m pip --disable-pip-version-check -qq install
TEST := -m pytest -q $(PYTEST)
WEIGHTS := building_footprints_plugin/weights/buildings.safetensors
DEMO := tests/data/demo
DEMO_IMAGE := $(DEMO)/vegas.tif
DEMO_TRUTH := $(DEMO)/vegas.geojson
DEMO_CREDIT := Imagery © DigitalGlobe / Maxar (WorldView-3), footprints SpaceNet; SpaceNet 2 on AWS, CC BY-SA 4.0

.PHONY: help setup demo test test-unit test-training test-qgis test-e2e test-matrix test-trixie test-sid system-trixie system-sid test-install lint format bench fuzz fuzz-cancel weights docs-pictures lock models translations help-pages docs-screenshots package install clean FORCE

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "make %-16s %s\n", $$1, $$2}'

# ---- Set-up ------------------------------------------------------------------------------------------------
setup: .venv/.ready .venv-qgis/.ready ## install what is missing: .venv (engine, training, tools), QGIS, .venv-qgis
	@:

.venv/.ready: pyproject.toml
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || tools/apt.sh "Python's venv" python3 python3-venv
	@test -x $(PY) || { echo "Making .venv"; $(PYTHON) -m venv .venv; }
	@echo "Installing into .venv: $(TORCH), engine, training, tools"
	@$(PY) $(PIP) "$(TORCH)"
	@$(PY) $(PIP) --editable '.[engine,training,dev]'
	@touch $@

.venv-qgis/.ready:
	@tools/find_qgis.sh $(QGIS_PYTHON) || tools/apt.sh QGIS qgis python3-qgis qgis-providers python3-venv
	@tools/find_qgis.sh $(QGIS_PYTHON) || { echo "PyQGIS or qgis_process is still not found; set QGIS_PYTHON." >&2; exit 1; }
	@test -x .venv-qgis/bin/python || { echo "Making .venv-qgis"; $(QGIS_PYTHON) -m venv --system-site-packages .venv-qgis; }
	@# pytest-qgis 5 needs QGIS 3.34; 2.1.0 is the last that runs with 3.22.
	@if $(QGIS_PYTHON) -c 'from qgis.core import Qgis; import sys; sys.exit(Qgis.QGIS_VERSION_INT >= 33400)'; \
	then pin='pytest-qgis==2.1.0'; else pin='pytest-qgis>=5,<6'; fi; \
	echo "Installing into .venv-qgis: $$pin"; .venv-qgis/bin/python $(PIP) 'pytest>=8,<10' "$$pin"
	@touch $@

# ---- The plugin as users get it ------------------------------------------------------------------------------
package: $(ZIP) ## build the plugin's zip in dist/
	@ls -l $(ZIP) | awk '{printf "%s: %.1f MB\n", $$NF, $$5 / 1e6}'

# Always looked at (a deleted file has no date to compare), but left alone when its bytes would be the same; what
# depends on it is then up to date.
$(ZIP): FORCE
	@$(PYTHON) -m tools.package $@

install: $(ZIP) ## unpack the plugin into the QGIS profile (PROFILE=folder for another one)
	@$(PYTHON) -m tools.run_qgis install $(ZIP) $(if $(PROFILE),--profile "$(PROFILE)")

lock: .venv/.ready ## resolve the versions that Install Engine installs, anew
	@$(PY) -m tools.lock

models: setup ## write the models that the plugin ships, anew
	@QT_HASH_SEED=0 .venv-qgis/bin/python -m tools.models

translations: setup ## collect the texts to translate into i18n/*.ts; says which are new
	@.venv-qgis/bin/python -m tools.translations

help-pages: setup ## write the help pages of the algorithms, anew
	@.venv-qgis/bin/python -m tools.help_pages

docs-screenshots: setup $(ZIP) ## photograph QGIS for the tutorial and the help pages, anew (Xvfb, some minutes)
	@command -v Xvfb >/dev/null && command -v openbox >/dev/null || tools/apt.sh Xvfb xvfb openbox
	@$(PY) -m tools.screenshots $(ZIP)

# ---- The demo: QGIS extracts buildings from a real image, the result is scored and drawn -----------------------
demo: setup demo/preview.png ## extract, score and draw the buildings of a bundled image, in QGIS itself
	@$(PY) -m tools.demo_report demo

demo/buildings.gpkg: $(ZIP) $(DEMO_IMAGE) tools/run_qgis.py | setup
	@mkdir -p demo
	@echo "QGIS runs buildingfootprints:extractbuildings on $(DEMO_IMAGE)"
	@$(PY) -m tools.run_qgis run $(ZIP) extractbuildings INPUT=$(DEMO_IMAGE) OUTPUT=$@ \
		--config build/demo/qgis --result demo/run.json

demo/score.json: demo/buildings.gpkg $(DEMO_TRUTH)
	@$(ENGINE) score demo/buildings.gpkg $(DEMO_TRUTH) --output demo/scored.gpkg --report demo/report.html --json >$@

demo/preview.png: demo/score.json $(DEMO_IMAGE) tools/preview.py
	@$(PY) -m tools.preview $(DEMO_IMAGE) demo/scored.gpkg $@ --credit "$(DEMO_CREDIT)"

# The README's picture; made anew with new weights.
docs/preview.jpg: demo/score.json $(DEMO_IMAGE) tools/preview.py
	@mkdir -p docs
	@$(PY) -m tools.preview $(DEMO_IMAGE) demo/scored.gpkg $@ --credit "$(DEMO_CREDIT)"

docs-pictures: .venv/.ready docs/preview.jpg ## make the pictures of the docs again, with the weights as they are now
	@$(PY) -m tools.outlines docs
	@$(PY) -m training evaluate training/data --contact-sheet docs/tiles.jpg

# ---- The weights ---------------------------------------------------------------------------------------------
# Goes on from the last checkpoint in $(RUN); hours on two free cores (training/weights.toml). TRAIN="--steps N" makes the
# file of what there is after N steps.
weights: .venv/.ready ## train the default weights again from training/data (RUN=folder, TRAIN=options)
	@$(PY) -m training train training/data $(RUN) --config training/weights.toml --resume $(TRAIN)
	@$(PY) -m training tune $(RUN)/best.pt training/data
	@$(PY) -m training export $(RUN)/best.pt training/data $(WEIGHTS) --licence "CC BY-SA 4.0" --card $(RUN)/card.md
	@$(PY) -m training evaluate training/data --weights $(WEIGHTS) --record --csv $(RUN)/scores.csv \
		--contact-sheet $(RUN)/tiles.jpg
	@$(PY) -m training export $(WEIGHTS) --scores $(RUN)/scores.csv --card $(RUN)/card.md

# ---- Tests -------------------------------------------------------------------------------------------------
# The four test runs are separate processes: QGIS must not see torch, and the engine must not see QGIS.
test: lint test-unit test-training test-qgis test-e2e ## lint and every test

test-unit: .venv/.ready ## test the engine and the tools; no QGIS
	@$(PY) $(TEST) -p no:pytest_qgis tests/unit

test-training: .venv/.ready ## test the training
	@$(PY) $(TEST) -p no:pytest_qgis tests/training

test-qgis: setup ## test the plugin inside QGIS
	@QT_QPA_PLATFORM=offscreen BUILDING_FOOTPRINTS_PYTHON=$(CURDIR)/$(PY) .venv-qgis/bin/python $(TEST) tests/qgis

test-e2e: setup $(ZIP) ## test the packaged zip in a fresh profile through qgis_process
	@BUILDING_FOOTPRINTS_ZIP=$(ZIP) $(PY) $(TEST) -p no:pytest_qgis tests/e2e

test-matrix: test-qgis test-e2e test-trixie test-sid ## the same two with QGIS 3.40 and 3.44 as well; needs root, 8 GB

# 3.40 and 3.44, with Debian's own torch, rasterio and shapely as the engine.
test-trixie test-sid: test-%: $(ZIP) | .matrix/pytest-qgis
	@tools/matrix.sh $* $(ZIP)

# Only the system: one core for some minutes, so .ci/run has it made beside other tests.
system-trixie system-sid: system-%:
	@tools/matrix.sh $*

.matrix/pytest-qgis: | .venv/.ready
	@$(PY) $(PIP) --no-deps --target $@ 'pytest-qgis>=5,<6'

test-install: setup $(ZIP) ## let the packaged plugin install its engine, offline, from wheels fetched first (350 MB)
	@mkdir -p build/wheels
	@$(PY) -m pip --disable-pip-version-check -qq download --no-deps --dest build/wheels \
		--requirement building_footprints_plugin/engine_lock.txt 'uv>=0.9,<1'
	@BUILDING_FOOTPRINTS_ZIP=$(ZIP) BUILDING_FOOTPRINTS_WHEELS=$(CURDIR)/build/wheels \
		$(PY) $(TEST) -p no:pytest_qgis tests/e2e/test_install.py

lint: .venv/.ready $(ZIP) ## style, types, import rules, and the plugin site's security scan of the zip
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/mypy --no-error-summary
	@$(PY) -m tools.scan $(ZIP)

format: .venv/.ready ## lay the code out as lint expects
	@.venv/bin/ruff check --quiet --fix .
	@.venv/bin/ruff format --quiet .

bench: setup ## measure what BENCHMARKS.md says, and score, straightening and training
	@$(PY) -m tools.bench $(DEMO_IMAGE)
	@$(PY) -m tools.bench_network $(DEMO_IMAGE)
	@QT_QPA_PLATFORM=offscreen .venv-qgis/bin/python -m tests.bench.bench_warm
	@$(PY) -m tests.bench.bench_score
	@$(PY) -m tests.bench.bench_polygonize
	@$(PY) -m tests.bench.bench_regularize
	@$(PY) -m tests.bench.bench_training training/data

# Recorded runs, with seed and counts: docs/fuzzing.md.
fuzz: .venv/.ready ## damage files of every kind that is read (FUZZ="--seed 2 --count 2000"); each must be read or refused
	@OMP_NUM_THREADS=1 $(PY) -m tests.fuzz $(FUZZ)

fuzz-cancel: setup ## cancel 1,000 runs in QGIS at random moments; nothing may be left (FUZZ="--count 100")
	@QT_QPA_PLATFORM=offscreen .venv-qgis/bin/python -m tests.fuzz.cancelled $(FUZZ)

clean: ## remove what was built; the environments stay
	@rm -rf build dist demo
