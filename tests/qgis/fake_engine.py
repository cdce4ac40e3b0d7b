"""Stands in for the engine in the bridge's tests: speaks its JSON lines, well or badly, as the first argument says."""

from __future__ import annotations

import json
import os
import signal
import sys
import time


def send(**line: object) -> None:
    print(json.dumps(line), flush=True)


def good() -> None:
    send(type="progress", fraction=0.25)
    send(type="message", level="info", text="a fact")
    send(type="message", level="warning", text="a doubt")
    send(type="progress", fraction=1.0)
    send(type="result", count=3)


def chatty() -> None:
    """A library prints to stdout; the result is good."""
    print("Downloading something…", flush=True)
    print('["JSON, but no object"]', flush=True)
    print('{"type": "progress", "fraction": "half"}', flush=True)
    print('{"type": "something newer"}', flush=True)
    send(type="result", count=4)


def says_error() -> None:
    send(type="error", text="Band 9 was asked for; the raster has 3.", code=2)
    sys.exit(2)


def crashes() -> None:
    print("loading", flush=True)
    raise RuntimeError("the network fell over")


def kills_itself() -> None:
    send(type="progress", fraction=0.5)
    os.kill(os.getpid(), signal.SIGKILL)


def no_result() -> None:
    send(type="progress", fraction=1.0)


def result_then_fails() -> None:
    send(type="result", count=5)
    sys.exit(1)


def silent() -> None:
    time.sleep(60)


def closes_stdout_only() -> None:
    send(type="result", count=6)
    os.close(1)
    time.sleep(60)


def obeys() -> None:
    """Works until stdin ends, as the engine does; leaves its pid in the file named next."""
    with open(sys.argv[2], "w") as stream:
        stream.write(str(os.getpid()))
    send(type="progress", fraction=0.1)
    while sys.stdin.readline():
        pass
    sys.exit(1)


def deaf() -> None:
    """Neither end of file nor SIGTERM ends it; nor does it what it has started."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        time.sleep(60)
    with open(sys.argv[2], "w") as stream:
        stream.write(str(os.getpid()))
    while True:
        send(type="progress", fraction=0.1)
        time.sleep(0.05)


def floods() -> None:
    """More than any pipe or queue holds, on both streams."""
    floods_both()
    send(type="result", count=7)


def floods_both() -> None:
    for _ in range(3000):
        print("x" * 2000)
        print("y" * 2000, file=sys.stderr)


def huge_line() -> None:
    for _ in range(40):
        sys.stdout.write("z" * 1_000_000)
    print()
    send(type="result", count=8)


def leaves_a_child() -> None:
    """Ends, while something it started still holds its pipes."""
    if os.fork() == 0:
        time.sleep(8)
        os._exit(0)
    send(type="result", count=9)


def serve() -> None:
    """Several runs, one after another: a run's first word says how it goes, its second may name a file."""
    for text in sys.stdin:
        asked = json.loads(text)
        if "cancel" in asked:
            continue
        how, *words = asked["arguments"]
        print("--- run", asked["id"], file=sys.stderr, flush=True)
        send(type="begin", id=asked["id"])
        SERVED[how](asked["id"], words)
        send(type="end", id=asked["id"], code=0)
        if how == "ends_after":
            sys.exit(0)
        if how == "hangs_after":
            time.sleep(60)


def _who(number: int, words: list[str]) -> None:
    send(type="result", pid=os.getpid(), number=number, folder=os.getcwd())


def _refuses(number: int, words: list[str]) -> None:
    send(type="error", text="Band 9 was asked for; the raster has 3.", code=2)


def _dies(number: int, words: list[str]) -> None:
    print("the network fell over", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def _complains(number: int, words: list[str]) -> None:
    print("of an earlier run", file=sys.stderr, flush=True)
    _who(number, words)


def _obeys(number: int, words: list[str]) -> None:
    """Work until a line cancels it; the file named next appears when it has begun."""
    open(words[0], "w").close()
    send(type="progress", fraction=0.1)
    while json.loads(sys.stdin.readline()).get("cancel") != number:
        pass
    send(type="error", text="Cancelled; no output was written.", code=1)


def _deaf(number: int, words: list[str]) -> None:
    """No line and no signal but the last stops it; its number is written to the file named next."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with open(words[0], "w") as stream:
        stream.write(str(os.getpid()))
    while True:
        time.sleep(1)


def _chatters(number: int, words: list[str]) -> None:
    """Lines of others, of all kinds, among its own."""
    odd = [
        "",
        "null",
        "{}",
        '{"type": ["result"]}',
        '{"type": "end"',
        "[" * 100_000,
        "9" * 5000,
        '{"type": "progress"}',
    ]
    odd += [f'{{"type": "progress", "fraction": {value}}}' for value in ("NaN", "1e999", "-1", "[]", '"half"')]
    odd += ['{"type": "message"}', '{"type": "message", "level": {}, "text": ["a"]}', '{"type": "resu']
    for line in odd:
        print(line, flush=True)
    sys.stdout.buffer.write(b"\x00\xff\xfe\n")
    _who(number, words)


def _floods(number: int, words: list[str]) -> None:
    floods_both()
    _who(number, words)


def _writes_without_end(number: int, words: list[str]) -> None:
    for _ in range(40):
        sys.stdout.write("z" * 1_000_000)
    print()
    _who(number, words)


def _preaches(number: int, words: list[str]) -> None:
    for _ in range(3000):
        send(type="message", level="warning", text="the end is near" * 1000)
    _who(number, words)


def _falls_silent(number: int, words: list[str]) -> None:
    send(type="progress", fraction=0.1)
    time.sleep(60)


def _stops_in_a_line(number: int, words: list[str]) -> None:
    sys.stdout.write('{"type": "result", "pid": 1')
    sys.stdout.flush()
    os._exit(3)


def _waits(number: int, words: list[str]) -> None:
    """Work until a second one does, which is known by its file."""
    open(words[0], "w").close()
    while not os.path.exists(words[1]):
        time.sleep(0.01)
    _who(number, words)


SERVED = {
    "who": _who,
    "refuses": _refuses,
    "dies": _dies,
    "complains": _complains,
    "obeys": _obeys,
    "deaf": _deaf,
    "waits": _waits,
    "chatters": _chatters,
    "floods": _floods,
    "writes_without_end": _writes_without_end,
    "preaches": _preaches,
    "falls_silent": _falls_silent,
    "stops_in_a_line": _stops_in_a_line,
    "ends_after": _who,
    "hangs_after": _who,
}

if __name__ == "__main__":
    globals()[sys.argv[1]]()
