"""Work that goes on beside other work: made ahead in a thread, or in one process of its own."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from .allocator import give_back_freed_memory
from .errors import FootprintsError

T = TypeVar("T")
END = object()
POLL_S = 0.1  # how long a cancelled run waits at most for the other process
NEXT, RESULT, WHOLE, ERROR = range(4)  # what the other process says


def ahead(items: Generator[T, None, None], count: int = 1) -> Generator[T, None, None]:
    """Yield what `items` yields, made in a thread of its own, up to `count` of them before they are asked for.

    What `items` raises is raised here, at its place. When this ends early, so does `items`, after the item it is at.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        waiting = deque(thread.submit(next, items, END) for _ in range(count))
        try:
            while (item := waiting.popleft().result()) is not END:
                waiting.append(thread.submit(next, items, END))
                yield item  # type: ignore[misc]
                del item  # else it would be held until the next one is there
        finally:
            for future in waiting:
                future.cancel()
            thread.submit(items.close)


@dataclass(frozen=True)
class Workers:
    """Threads that work at once: how many, what each does first, and what is done when they are gone."""

    count: int = 1
    first: Callable[[], object] = int  # which does nothing
    last: Callable[[], object] = int

    @contextmanager
    def pool(self) -> Iterator[Executor]:
        """Give the threads; in the end work that was not begun is dropped, and what was begun is waited for."""
        pool = ThreadPoolExecutor(self.count, initializer=self.first)
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)
            self.last()


@dataclass(frozen=True)
class Task:
    """A generator function of (items, *arguments) that another process can import."""

    run: Callable[..., Iterator[Any]]
    arguments: tuple[Any, ...] = ()


class Other:
    """One process of its own for a task's function, which starts and imports at once; it takes a second.

    A context manager that ends the process. It ends with this process as well, even if that is killed.
    """

    def __init__(self, run: Callable[..., Iterator[Any]]) -> None:
        context = get_context("spawn")  # torch's threads do not survive a fork
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, run), daemon=True)
        try:
            with _without_ctrl_c():
                self.process.start()
        except BaseException:
            self.connection.close()
            raise
        finally:
            theirs.close()

    def __enter__(self) -> Other:
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()

    def made(
        self, arguments: tuple[Any, ...], items: Iterator[Any], check: Callable[[], None] = lambda: None
    ) -> Generator[Any, None, float]:
        """Do as `in_process` does; once."""
        _send(self.connection, self.process, arguments, check)
        first = [next(items, None)]  # made while the process starts
        while True:
            kind, value = _receive(self.connection, self.process, check)
            if kind == NEXT:
                _send(self.connection, self.process, first.pop() if first else next(items, None), check)
            elif kind == RESULT:
                yield value
            elif kind == WHOLE:
                return float(value)
            else:
                raise value


def in_process(
    task: Task, items: Iterator[Any], check: Callable[[], None] = lambda: None
) -> Generator[Any, None, float]:
    """Yield what `task` makes of `items` in one process of its own; return the seconds of processor time it took.

    It is handed an item whenever it asks for one, so nothing piles up. `check` is called while it is waited
    for, and may raise. What the task raises is raised here. The process ends with this generator,
    however that ends, and with this process, even if that is killed. Raises FootprintsError if it goes away by itself.
    """
    with Other(task.run) as other:
        return (yield from other.made(task.arguments, items, check))


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Start a process that never hears Ctrl-C, also while it imports: it goes to all of a terminal; the first decides.

    On Windows it does so only once it has started.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # which would start inside, and let signals through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _receive(connection: Connection, process: BaseProcess, check: Callable[[], None]) -> tuple[int, Any]:
    try:
        while not connection.poll(POLL_S):  # true as well when the other end is gone
            check()
            if not process.is_alive() and not connection.poll():  # on Windows its end is held here until it takes it
                raise _gone(process, check)
        message: tuple[int, Any] = connection.recv()
        return message
    except (EOFError, OSError) as error:
        raise _gone(process, check) from error


def _send(connection: Connection, process: BaseProcess, item: Any, check: Callable[[], None]) -> None:
    try:
        connection.send(item)
    except OSError as error:
        raise _gone(process, check) from error


def _gone(process: BaseProcess, check: Callable[[], None]) -> FootprintsError:
    process.join(1.0)
    check()  # what ends both, such as Ctrl-C on Windows, is no fault of the other
    return FootprintsError(
        f"The process that makes outlines ended by itself (code {process.exitcode}), perhaps for lack of memory; "
        "close other programs or choose a smaller extent, and run it again."
    )


def _work(connection: Connection, run: Callable[..., Iterator[Any]]) -> None:
    """What the other process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # for Windows: see `_without_ctrl_c`
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        arguments = connection.recv()
        for result in run(_items(connection), *arguments):
            connection.send((RESULT, result))
        connection.send((WHOLE, time.process_time()))
    except (FootprintsError, MemoryError) as error:
        connection.send((ERROR, error))
    except (EOFError, BrokenPipeError):  # nobody wants it any more
        pass
    except Exception as error:
        connection.send((ERROR, RuntimeError("".join(traceback.format_exception(error)))))


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _items(connection: Connection) -> Iterator[Any]:
    """Yield items as they come through a connection."""
    while True:
        give_back_freed_memory()  # what was made of an item is sent, and its place would not fit what comes next
        connection.send((NEXT, None))
        item = connection.recv()
        if item is None:
            return
        yield item
        del item  # else it would be held until the next one is there
