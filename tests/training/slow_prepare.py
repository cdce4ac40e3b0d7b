"""`python -m training prepare`, half a second longer over each image: a test stops it while most are still to come."""

from __future__ import annotations

import sys
import time

from training.__main__ import main
from training.prepare import build
from training.prepare.cutting import Cut, cut
from training.prepare.plan import Job


def cut_slowly(job: Job) -> Cut:
    done = cut(job)
    time.sleep(0.5)
    return done


if __name__ == "__main__":
    build.cut = cut_slowly
    sys.exit(main())
