"""`prepare`: labelled imagery to chips at training resolution."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from building_footprints_plugin.engine.commands._arguments import add_options, options_from
from building_footprints_plugin.engine.errors import Cancelled

from ..prepare.build import prepare
from ..prepare.kinds import find_collections
from ..prepare.options import PrepareOptions, SourceOptions

DESCRIPTION = """\
Make a folder that `train`, `tune` and `evaluate` read: chips of 8-bit pictures with a number for each building,
one folder for each place and split, and manifest.json with sources, licences, parameters and checksums.

SOURCE is looked at, and is one of
  SpaceNet-2    a folder as published, with RGB-PanSharpen/ and geojson/buildings/ (or one that holds such folders);
                pairs by the image id in the file name
  rasters       georeferenced images, or folders of them, with --truth FILE: footprints in any vector format and CRS;
                --aoi FILE says which ground is labelled
  places        folders with place.json, images/ and instances/ (0 background, one number a building, 65535 unknown)
  masks         a folder with images/ and masks/ (or labels/, gt/, instances/), or --masks FOLDER; same names
  COCO          a .json file, or a folder as Roboflow and crowdAI give it (train, valid, test)
"""
EPILOG = """\
what is done
  Images are read on a metric grid at --gsd as in extraction: 16-bit and float values become 8-bit by the 1st to 99th
  percentile of each band over the whole image, nodata becomes unknown. Chips at the edges are shifted inside, never
  dropped; of ground for val and test that two chips show, the second has no labels. No building vanishes, however
  small. Splits are drawn by --seed, by source image or place, never by chip; a single raster is cut into stretches of
  ground. TARGET appears when it is whole; the same sources and options give the same bytes, with any --workers.

examples
  python -m training prepare AOI_2_Vegas_Train data/vegas
  python -m training prepare ortho.tif data/mytown --truth cadastre.gpkg --aoi mapped.geojson --licence "CC BY 4.0"
  python -m training prepare tiles/ data/mytown --truth osm.gpkg --bands 4,3,2 --gsd 0.3
  python -m training prepare inria/train data/inria --image-gsd 0.3
  python -m training prepare roboflow-export data/roof --image-gsd 0.15 --categories building
  python -m training prepare places/ AOI_3_Paris_Train data/both --chip 512
"""


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of all commands."""
    parser = subparsers.add_parser(
        "prepare",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="python -m training prepare SOURCE [SOURCE ...] TARGET [options]",
    )
    parser.add_argument("sources", type=Path, nargs="+", metavar="SOURCE", help="labelled images, see above")
    parser.add_argument("target", type=Path, metavar="TARGET", help="folder to write")
    parser.add_argument("--overwrite", action="store_true", help="replace TARGET, if it was made by prepare")
    add_options(parser.add_argument_group("how sources are read"), SourceOptions)
    add_options(parser.add_argument_group("what is made of them"), PrepareOptions)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    """Run the command: the totals of each split on stdout, remarks on stderr. SIGTERM ends it as tidily as Ctrl-C."""
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        options, how = options_from(arguments, PrepareOptions), options_from(arguments, SourceOptions)
        found = find_collections(arguments.sources, how, options.missing)
        totals, notes = prepare(found, arguments.target, options, overwrite=arguments.overwrite)
    except KeyboardInterrupt as error:
        raise Cancelled(f"Stopped; nothing was written to {arguments.target}.") from error
    finally:
        signal.signal(signal.SIGTERM, before)
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)
    print(f"{'split':8}{'places':>8}{'images':>8}{'chips':>8}{'buildings':>11}")
    for split, total in totals.items():
        print(f"{split:8}{total['places']:8}{total['images']:8}{total['chips']:8}{total['buildings']:11}")
    print(f"Written to {arguments.target}; next: python -m training train {arguments.target} runs/first")


def _stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt
