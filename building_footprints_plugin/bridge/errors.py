"""Errors of the bridge, each message a sentence for the user.

Algorithms turn them into QgsProcessingException itself: of a subclass QGIS would show the traceback.
"""

from __future__ import annotations


class BridgeError(Exception):
    """Root of every error the bridge raises; also the engine's own sentence about bad input."""


class EngineMissing(BridgeError):
    """No Python was found that can run the engine."""


class EngineCrashed(BridgeError):
    """The engine ended, or was ended, without saying why."""


class RunCancelled(BridgeError):
    """The user cancelled the run."""
