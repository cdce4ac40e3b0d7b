#!/usr/bin/env bash
# find_qgis.sh PYTHON : succeed where qgis_process is on the path and PYTHON imports PyQGIS and has venv.
set -euo pipefail
command -v qgis_process.bin >/dev/null || command -v qgis_process >/dev/null
QT_QPA_PLATFORM=offscreen "$1" -c 'import ensurepip, venv, qgis.core' 2>/dev/null
