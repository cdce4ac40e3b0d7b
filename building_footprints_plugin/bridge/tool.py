"""A run of some other program (uv, pip), whose lines go into the Processing log."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from qgis.core import QgsProcessingFeedback

from ..translation import tr
from .errors import BridgeError, RunCancelled
from .process import EngineProcess

POLL_S = 0.1
EXIT_S = 15.0
LAST_LINES = 6


class ToolFailed(BridgeError):
    """The program could not be started or ended with an error."""


def run_tool(
    command: Sequence[str],
    additions: Mapping[str, str],
    feedback: QgsProcessingFeedback,
    heard: Callable[[str], None] = lambda line: None,
) -> None:
    """Run `command` with some more environment variables; each of its lines is logged and handed to `heard`.

    Raises ToolFailed with its last lines if it fails, RunCancelled if the user cancels; the process has then ended.
    """
    feedback.pushCommandInfo(_without_passwords(" ".join(command)))
    last: deque[str] = deque(maxlen=LAST_LINES)
    try:
        process = EngineProcess(command, additions, joined=True)
    except OSError as error:
        raise ToolFailed(tr("{} cannot be started: {}.").format(command[0], error.strerror or error)) from error
    with process:
        while (line := process.next_line(POLL_S)) is not None:
            if feedback.isCanceled():
                raise RunCancelled(tr("Cancelled; run Install Engine again to go on where it stopped."))
            if isinstance(line, str) and line:
                last.append(_without_passwords(line))
                feedback.pushConsoleInfo(last[-1])
                heard(line)
        process.wait(EXIT_S)
        if process.returncode != 0:
            raise ToolFailed("\n".join([tr("{} failed and said:").format(command[0]), *last]))


def _without_passwords(text: str) -> str:
    return re.sub(r"//[^/@\s]+@", "//***@", text)
