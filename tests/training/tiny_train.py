"""`python -m training` with tiny networks, for tests that need processes of their own."""

from __future__ import annotations

import sys

from tiny import shrink_networks

from training.__main__ import main

if __name__ == "__main__":
    shrink_networks()
    sys.exit(main())
