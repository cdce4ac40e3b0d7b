"""Compare a whole extraction with the bare network and with what people would use instead, in one run.

Usage: [OMP_NUM_THREADS=1] python -m tools.bench_network IMAGE.tif [--side 15] [--repeats 3] [--threads 2] [--bare]

End to end is `engine extract` of the image laid out side x side; bare is the network alone on as many pixels, in the
tiles, precision, batch and threads of the engine; onnxruntime is the same network in a plain loop over tiles, as
Deepness runs it; unet_baseline is the tutorial's network in fp32. They take turns, and medians are given. onnxruntime
is one of the packages of the group `training`.

Where every core is the network's, nothing can run beside it. With OMP_NUM_THREADS=1 it has one core, alone as well as
end to end, and all else has the others: the ratio is then what is not done beside it, and --bare leaves out the others.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from building_footprints_plugin.engine.beside import Workers
from building_footprints_plugin.engine.inference import CORES, Predictor, choose_device, choose_precision
from building_footprints_plugin.engine.manifest import DEFAULT_WEIGHTS, Manifest
from building_footprints_plugin.engine.networks import build_network
from building_footprints_plugin.engine.options import SegmentOptions
from building_footprints_plugin.engine.weights import load_network

from .bench import extract, lay_out

TILE_PX = int(SegmentOptions.default("tile_px"))
BASELINE_TILE_PX = 256
SAMPLE_TILES = 24  # per turn, of the networks alone: seconds of work
WARM_UP_TILES = 4


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path)
    parser.add_argument("--side", type=int, default=15, help="the image is laid out side x side")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of the other two networks")
    parser.add_argument("--bare", action="store_true", help="compare with the bare network only")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        image = lay_out(arguments.image, arguments.side, Path(folder) / "image.tif")
        ways: dict[str, Callable[[], float]] = {"bare network": bare()}
        if not arguments.bare:
            ways["onnxruntime, plain tiles"] = onnx(Path(folder), arguments.threads)
            ways["unet_baseline, fp32"] = baseline(arguments.threads)
        ways["end to end"] = lambda: whole(image)
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(arguments.repeats):
            for name, rate in ways.items():
                rates[name].append(rate())
    report({name: statistics.median(found) for name, found in rates.items()})
    return 0


def report(rates: dict[str, float]) -> None:
    """Print megapixels per second, and how much longer or faster the whole extraction is."""
    whole_rate = rates["end to end"]
    print("| what | Mpx/s | end to end is |")
    print("|---|---|---|")
    for name, rate in rates.items():
        print(f"| {name} | {rate:.2f} | {whole_rate / rate:.2f} x as fast |")
    print(f"\nThe network has {CORES} of {os.cpu_count()} cores.")
    print(f"end to end / bare network, in time: {rates['bare network'] / whole_rate:.2f}")


def whole(image: Path) -> float:
    """Return the megapixels per second of an extraction in a process of its own, from its start to its end."""
    begin = time.perf_counter()
    run = extract(image, [])
    seconds = time.perf_counter() - begin
    busy = ", ".join(f"{stage} {taken:.1f} s" for stage, taken in run.result["busy_seconds"].items())
    print(f"End to end {run.result['megapixels']:.1f} Mpx in {seconds:.1f} s; busy: {busy}.")
    return float(run.result["megapixels"]) / seconds


def bare() -> Callable[[], float]:
    """Return what measures the network as the engine runs it."""
    network, manifest = load_network(DEFAULT_WEIGHTS)
    engine = predictor(network, manifest, "auto")
    return timed(engine.probabilities, TILE_PX, engine.workers(SAMPLE_TILES, TILE_PX**2))


def baseline(threads: int) -> Callable[[], float]:
    """Return what measures the tutorial's network, with any weights: they do not change the time."""
    _, manifest = load_network(DEFAULT_WEIGHTS)
    tutorial = predictor(build_network("unet_baseline"), manifest, "fp32")
    return timed(tutorial.probabilities, BASELINE_TILE_PX, Workers(1, partial(torch.set_num_threads, threads)))


def predictor(network: torch.nn.Module, manifest: Manifest, precision: str) -> Predictor:
    """Return what runs `network` on the CPU, one tile at a time."""
    cpu = choose_device("cpu")
    return Predictor(network, manifest, cpu, choose_precision(precision, cpu), 1)


def onnx(folder: Path, threads: int) -> Callable[[], float]:
    """Return what measures the same network, exported, in onnxruntime."""
    import onnxruntime

    network, _ = load_network(DEFAULT_WEIGHTS)
    file = folder / "network.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about what the exporter folds, and that it is the older of two
        torch.onnx.export(network, (torch.zeros(1, 3, TILE_PX, TILE_PX),), str(file), dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return timed(lambda tiles: session.run(None, {name: (tiles.astype(np.float32) - 127) / 128}), TILE_PX, Workers())


def timed(run: Callable[[Any], Any], size: int, workers: Workers) -> Callable[[], float]:
    """Return what gives the megapixels per second of `run` over tiles of `size` pixels, one at a time for a worker."""
    tiles = np.random.default_rng(0).integers(0, 256, (1, 3, size, size)).astype(np.uint8)

    def rate() -> float:
        with workers.pool() as pool:
            list(pool.map(run, [tiles] * WARM_UP_TILES))
            begin = time.perf_counter()
            list(pool.map(run, [tiles] * SAMPLE_TILES))
            return SAMPLE_TILES * size * size / 1e6 / (time.perf_counter() - begin)

    return rate


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
