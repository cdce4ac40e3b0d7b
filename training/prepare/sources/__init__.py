"""One file for each kind of source: what it looks like on disk, and the collections of images it holds."""

from . import coco, masks, places, rasters, spacenet

__all__ = ["coco", "masks", "places", "rasters", "spacenet"]
