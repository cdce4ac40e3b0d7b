"""Outlines fit for a map: straight edges, right angles where the building has them, shared walls shared.

`regularizing` does it for whole layers, `once` puts its steps together, in their order:

1. Outlines become a plane graph, so that a wall which two buildings share is one line: `rings` (flat arrays),
   `noding` (vertices that are missing on the other side), `coverage` (arcs between nodes, and polygons made of them).
2. Arcs are cut into straight sections, each on the `lines` that fit best: `sections`. Their corners make `simplify`.
3. Buildings get axes, neighbours that nearly agree the same ones (`directions`); sections become `walls` along them
   (`squaring`); what is one wall is joined, what is noise is taken out (`sifting`, `lengths`); walls that meet give
   arcs again (`rebuilding`). Round outlines become `circles`.
   What ends where the picture does is no wall (`unseen`), but follows an axis if near one (`cut_edges`).
4. What is still oblique, as it was rounded by a network or hidden by a tree, is put together from rectangles between
   its walls' lines: `candidates` (which), `blocks` (how), `cells` (areas and outlines), `corners` (what is oblique).
   Where that gives `stairs`, fewer lines are tried.
5. Every polygon gets the best of these that its `guards` let pass (`settling`, `deviation`), overlaps are cut away
   (`trimming`), and so is what that leaves of walls (`jogs`). The last resort is the outline as it was.
6. What has no right corner after that goes through it again until it stays as it is (`repeating`).

`neighbours` tells which polygons must be treated together.
"""

from __future__ import annotations

from .lengths import Demands
from .neighbours import neighbourhoods, reach_m
from .regularizing import Regularized, batches, regularize
from .settling import mended

__all__ = ["Demands", "Regularized", "batches", "mended", "neighbourhoods", "reach_m", "regularize"]
