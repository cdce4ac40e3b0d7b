"""How a process of the engine starts sooner and ends at once: half of the time that takes is of no use to a run."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import NoReturn


@contextmanager
def importing() -> Iterator[None]:
    """Look for no garbage inside, where packages are imported: there is none, nor ever among what they leave."""
    if not gc.isenabled():
        yield
        return
    known = len(sys.modules)
    gc.disable()
    try:
        yield
        if len(sys.modules) > known:
            gc.freeze()
    finally:
        gc.enable()


def put_off(name: str) -> None:
    """Let the next import of the module `name` not run it; it is run when something in it is asked for."""
    if name not in sys.modules:
        sys.meta_path.insert(0, _OnceLater(name))


def leave(code: int) -> NoReturn:
    """End the process with `code` at once, once nothing is open: taking torch apart takes half a second.

    Where what was said cannot be written, Python ends the process as ever, and says so.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(code)
    os._exit(code)


class _OnceLater(MetaPathFinder, Loader):
    """Finds one module, once."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self._name:
            return None
        sys.meta_path.remove(self)
        return ModuleSpec(name, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Unread(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass  # not yet


class _Unread(ModuleType):
    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):  # which everything is asked for that looks through all modules, as `inspect` does
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)
