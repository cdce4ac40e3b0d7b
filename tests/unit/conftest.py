"""What is tested with means that only Linux has (limits, locks of folders, /proc) is not collected elsewhere."""

from __future__ import annotations

import sys

from hypothesis import HealthCheck, settings

# The same examples on every machine, however slow it is.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")

LINUX = ["test_faults_engine.py", "test_faults_vector.py", "test_serve_engine.py"]
collect_ignore = [] if sys.platform.startswith("linux") else LINUX
