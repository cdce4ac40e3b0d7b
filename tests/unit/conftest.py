"""What is tested with means that only Linux has (limits, locks of folders, /proc) is not collected elsewhere."""

from __future__ import annotations

import sys

LINUX = ["test_faults_engine.py", "test_faults_vector.py", "test_serve_engine.py"]
collect_ignore = [] if sys.platform.startswith("linux") else LINUX
