"""What every algorithm that the engine carries out shares: how it is checked, prepared and run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
)

from ..bridge.answers import Kinds, checked
from ..bridge.errors import BridgeError, EngineCrashed, EngineMissing
from ..bridge.files import run_folder, unwritable
from ..bridge.install import is_outdated
from ..bridge.probe import Probe, find_engine, forget
from ..bridge.run import Limits
from ..bridge.warm import run_warm
from ..offer import tell_missing
from ..translation import tr
from .labels import with_labels
from .texts import FootprintsAlgorithm
from .values import Values


class EngineAlgorithm(FootprintsAlgorithm):
    """An algorithm that the engine carries out.

    A subclass says what it needs in `complaint` (before the run), `read_layers` (main thread) and `execute` (worker
    thread), and in `ANSWER` what it takes from the engine's result.
    """

    WITH_NETWORK = False
    ANSWER: ClassVar[Kinds] = {}

    def __init__(self) -> None:
        super().__init__()
        self._engine: Probe
        self._refusal = ""
        self._bar_start = 0.0  # of the engine's part of the progress bar; what is done before fills the rest

    def complaint(self, values: Values) -> str:
        """Return what is wrong with `values` as one sentence, or an empty text."""
        return ""

    def read_layers(self, values: Values, engine: Probe) -> None:
        """Take from layers what must not be touched in another thread."""

    def execute(self, values: Values, folder: str, feedback: QgsProcessingFeedback) -> dict[str, Any]:
        """Do the work, with `folder` for temporary files, and return the outputs."""
        raise NotImplementedError

    def engine(self, arguments: Sequence[str], feedback: QgsProcessingFeedback, bar_end: float = 100) -> dict[str, Any]:
        """Run the engine, which fills the progress bar up to `bar_end`, and return its result."""
        wording = partial(with_labels, self)
        limits = Limits(bar_start=self._bar_start, bar_end=bar_end, wording=wording)
        try:
            return checked(run_warm(self._engine.candidate.path, arguments, feedback, limits), self.ANSWER)
        except EngineCrashed:
            forget()  # it may have been damaged since it was asked
            raise

    def canExecute(self) -> tuple[bool, str]:
        try:
            find_engine(self.WITH_NETWORK)
        except EngineMissing as error:
            tell_missing()
            return False, str(error)
        return True, ""

    def checkParameterValues(self, parameters: dict[str, Any], context: QgsProcessingContext) -> tuple[bool, str]:
        fine, text = super().checkParameterValues(parameters, context)
        if not fine:
            return fine, text
        complaint = self._complaint(Values(self, parameters, context))
        return not complaint, complaint

    def _complaint(self, values: Values) -> str:
        outputs = [each.name() for each in self.parameterDefinitions() if each.isDestination()]
        for file in filter(None, map(values.destination_file, outputs)):  # found out after hours of work otherwise
            folder = Path(file).parent
            if not folder.is_dir():
                return tr("There is no folder {}; make it or choose another place.").format(folder)
            if why := unwritable(file):
                return why
        return self.complaint(values)

    def prepareAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        """Refuse what cannot work. What is refused here is raised in `processAlgorithm`: of an exception on this
        thread, QGIS tells a calling script no more than that there was one."""
        values = Values(self, parameters, context)
        try:
            self._refusal = self._complaint(values)  # a script may run without asking checkParameterValues
            if not self._refusal:
                self._engine = find_engine(self.WITH_NETWORK)
                origin = self._engine.candidate
                feedback.pushInfo(tr("Engine: {} ({})").format(origin.path, origin.origin))
                if is_outdated(origin.path):
                    feedback.pushWarning(tr("The engine is of another version of this plugin; run Install Engine."))
                self.read_layers(values, self._engine)
        except (BridgeError, QgsProcessingException) as error:
            self._refusal = str(error)
        return True

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        outputs, refusal = self._outcome(Values(self, parameters, context), feedback)
        if refusal:
            # QGIS 3.22 never lets go of an exception, so of this frame; layers must not stay open for that.
            del self, parameters, context, feedback
            raise QgsProcessingException(refusal)
        return outputs

    def _outcome(self, values: Values, feedback: QgsProcessingFeedback) -> tuple[dict[str, Any], str]:
        """Return the outputs, or why there are none."""
        if self._refusal:
            return {}, self._refusal
        try:
            with run_folder() as folder:
                return self.execute(values, folder, feedback), ""
        except (BridgeError, QgsProcessingException) as error:
            return {}, str(error)
