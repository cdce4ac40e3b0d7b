"""A map server on loopback for the tests: serves a GeoTIFF as XYZ tiles, WMS, WMTS and WCS, well or badly.

A process of its own: QGIS holds Python's lock while it waits for tiles. Prints its port; `/log` lists what was asked.
`/xyz/…` is good; `/missing/…` has no tiles in odd columns; `/broken/…` answers 500; `/grey/…` has a grey tile there;
`/slow/…` takes its time. The WMS has a layer `ortho`, and one that is `broken`.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from osgeo import gdal

HALF_M = 20037508.342789244
TILE_PX = 256
LEVELS = range(16, 21)

_lock = Lock()  # GDAL's datasets belong to one thread at a time
_log: list[str] = []


def cut(bounds: tuple[float, float, float, float], size: tuple[int, int], crs: str, kind: str) -> bytes:
    """Return the image within `bounds` (left, bottom, right, top) as a file of driver `kind`, with alpha."""
    with _lock:
        options = {"format": "MEM", "dstSRS": crs, "outputBounds": bounds, "dstAlpha": True, "resampleAlg": "bilinear"}
        part = gdal.Warp("", sys.argv[1], width=size[0], height=size[1], **options)
        return encoded(part, kind)


def grey() -> bytes:
    with _lock:
        part = gdal.GetDriverByName("MEM").Create("", TILE_PX, TILE_PX, 3)
        for band in (1, 2, 3):
            part.GetRasterBand(band).Fill(204)
        return encoded(part, "PNG")


def encoded(part: gdal.Dataset, kind: str) -> bytes:
    path = "/vsimem/answer"
    gdal.GetDriverByName(kind).CreateCopy(path, part)
    stream = gdal.VSIFOpenL(path, "rb")
    content = bytes(gdal.VSIFReadL(1, gdal.VSIStatL(path).size, stream))
    gdal.VSIFCloseL(stream)
    gdal.Unlink(path)
    return content


def tile(level: int, column: int, row: int) -> bytes:
    side = 2 * HALF_M / 2**level
    left, top = column * side - HALF_M, HALF_M - row * side
    return cut((left, top - side, left + side, top), (TILE_PX, TILE_PX), "EPSG:3857", "PNG")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        _log.append(self.path)
        kind, *rest = url.path.strip("/").split("/")
        if kind == "log":
            self.answer(json.dumps(_log[:-1]).encode(), "application/json")
        elif kind == "ows":
            query = {name.upper(): values[0] for name, values in parse_qs(url.query).items()}
            self.service(query)
        else:
            level, column, row = (int(part.partition(".")[0]) for part in rest)
            self.tile(kind, level, column, row)

    def tile(self, kind: str, level: int, column: int, row: int) -> None:
        if kind == "broken":
            self.send_error(500)
        elif kind == "missing" and column % 2:
            self.send_error(404)
        elif kind == "grey" and column % 2:
            self.answer(grey(), "image/png")
        else:
            time.sleep(0.5 if kind == "slow" else 0)
            self.answer(tile(level, column, row), "image/png")

    def service(self, query: dict[str, str]) -> None:
        here = f"http://{self.headers['Host']}/ows?"
        request = query.get("REQUEST", "")
        if request == "GetCapabilities":
            self.answer(CAPABILITIES[query["SERVICE"].upper()].replace("HERE", here).encode(), "text/xml")
        elif request == "DescribeCoverage":
            self.answer(COVERAGE.encode(), "text/xml")
        elif request == "GetTile":
            self.answer(tile(*(int(query[name]) for name in ("TILEMATRIX", "TILECOL", "TILEROW"))), "image/png")
        elif query.get("LAYERS") == "broken":
            self.send_error(500)
        else:
            bounds = tuple(float(value) for value in query["BBOX"].split(","))
            coverage = request == "GetCoverage"
            size = int(query["WIDTH"]), int(query["HEIGHT"])
            made = cut(bounds, size, query.get("CRS") or query["SRS"], "GTiff" if coverage else "PNG")
            self.answer(made, "image/tiff" if coverage else "image/png")

    def answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(BrokenPipeError):  # QGIS was cancelled
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


BOX = 'minx="-12833000" miny="4325000" maxx="-12831000" maxy="4328000"'
LONG_LAT = 'minx="-115.29" miny="36.18" maxx="-115.26" maxy="36.20"'
LAYER = f"""<Layer queryable="0"><Name>NAME</Name>
<Title>Ortho</Title><CRS>EPSG:3857</CRS><EX_GeographicBoundingBox><westBoundLongitude>-115.29</westBoundLongitude>
<eastBoundLongitude>-115.26</eastBoundLongitude><southBoundLatitude>36.18</southBoundLatitude>
<northBoundLatitude>36.20</northBoundLatitude></EX_GeographicBoundingBox><BoundingBox CRS="EPSG:3857" {BOX}/>
</Layer>"""
LAYERS = LAYER.replace("NAME", "ortho") + LAYER.replace("NAME", "broken")
CAPABILITIES = {
    "WMS": f"""<WMS_Capabilities version="1.3.0" xmlns="http://www.opengis.net/wms"
xmlns:xlink="http://www.w3.org/1999/xlink"><Service><Name>WMS</Name><Title>Test</Title>
<Fees>none</Fees><AccessConstraints>for tests only</AccessConstraints></Service><Capability><Request>
<GetCapabilities><Format>text/xml</Format><DCPType><HTTP><Get><OnlineResource xlink:href="HERE"/></Get></HTTP></DCPType>
</GetCapabilities><GetMap><Format>image/png</Format><DCPType><HTTP><Get><OnlineResource xlink:href="HERE"/></Get></HTTP>
</DCPType></GetMap></Request><Layer><Title>all</Title><CRS>EPSG:3857</CRS>{LAYERS}</Layer></Capability></WMS_Capabilities>""",
    "WMTS": """<Capabilities version="1.0.0" xmlns="http://www.opengis.net/wmts/1.0"
xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink">
<ows:OperationsMetadata><ows:Operation name="GetTile"><ows:DCP><ows:HTTP><ows:Get xlink:href="HERE"><ows:Constraint
name="GetEncoding"><ows:AllowedValues><ows:Value>KVP</ows:Value></ows:AllowedValues></ows:Constraint></ows:Get></ows:HTTP>
</ows:DCP></ows:Operation></ows:OperationsMetadata><Contents><Layer><ows:Title>Ortho</ows:Title>
<ows:Identifier>ortho</ows:Identifier><ows:WGS84BoundingBox><ows:LowerCorner>-115.29 36.18</ows:LowerCorner>
<ows:UpperCorner>-115.26 36.20</ows:UpperCorner></ows:WGS84BoundingBox><Style isDefault="true">
<ows:Identifier>default</ows:Identifier></Style><Format>image/png</Format>
<TileMatrixSetLink><TileMatrixSet>g</TileMatrixSet></TileMatrixSetLink></Layer>
<TileMatrixSet><ows:Identifier>g</ows:Identifier><ows:SupportedCRS>urn:ogc:def:crs:EPSG::3857</ows:SupportedCRS>"""
    + "".join(
        f"<TileMatrix><ows:Identifier>{level}</ows:Identifier>"
        f"<ScaleDenominator>{2 * HALF_M / 2**level / TILE_PX / 0.00028!r}</ScaleDenominator>"
        f"<TopLeftCorner>{-HALF_M} {HALF_M}</TopLeftCorner><TileWidth>{TILE_PX}</TileWidth>"
        f"<TileHeight>{TILE_PX}</TileHeight><MatrixWidth>{2**level}</MatrixWidth>"
        f"<MatrixHeight>{2**level}</MatrixHeight></TileMatrix>"
        for level in LEVELS
    )
    + "</TileMatrixSet></Contents></Capabilities>",
    "WCS": """<WCS_Capabilities version="1.0.0" xmlns="http://www.opengis.net/wcs" xmlns:gml="http://www.opengis.net/gml"
xmlns:xlink="http://www.w3.org/1999/xlink"><Service><name>WCS</name><label>Test</label></Service><Capability><Request>
<GetCapabilities><DCPType><HTTP><Get><OnlineResource xlink:href="HERE"/></Get></HTTP></DCPType></GetCapabilities>
<DescribeCoverage><DCPType><HTTP><Get><OnlineResource xlink:href="HERE"/></Get></HTTP></DCPType></DescribeCoverage>
<GetCoverage><DCPType><HTTP><Get><OnlineResource xlink:href="HERE"/></Get></HTTP></DCPType></GetCoverage>
</Request></Capability><ContentMetadata><CoverageOfferingBrief><name>ortho</name><label>Ortho</label>
<lonLatEnvelope srsName="urn:ogc:def:crs:OGC:1.3:CRS84"><gml:pos>-115.2724176 36.1879677</gml:pos>
<gml:pos>-115.2706626 36.1897227</gml:pos></lonLatEnvelope></CoverageOfferingBrief></ContentMetadata>
</WCS_Capabilities>""",
}
COVERAGE = """<CoverageDescription version="1.0.0" xmlns="http://www.opengis.net/wcs"
xmlns:gml="http://www.opengis.net/gml"><CoverageOffering><name>ortho</name><label>Ortho</label>
<lonLatEnvelope srsName="urn:ogc:def:crs:OGC:1.3:CRS84"><gml:pos>-115.2724176 36.1879677</gml:pos>
<gml:pos>-115.2706626 36.1897227</gml:pos></lonLatEnvelope><domainSet><spatialDomain>
<gml:Envelope srsName="EPSG:4326"><gml:pos>-115.2724176 36.1879677</gml:pos><gml:pos>-115.2706626 36.1897227</gml:pos>
</gml:Envelope><gml:RectifiedGrid dimension="2" srsName="EPSG:4326"><gml:limits><gml:GridEnvelope>
<gml:low>0 0</gml:low><gml:high>649 649</gml:high></gml:GridEnvelope></gml:limits><gml:axisName>x</gml:axisName>
<gml:axisName>y</gml:axisName><gml:origin><gml:pos>-115.2724176 36.1897227</gml:pos></gml:origin>
<gml:offsetVector>0.0000027 0</gml:offsetVector><gml:offsetVector>0 -0.0000027</gml:offsetVector></gml:RectifiedGrid>
</spatialDomain></domainSet><rangeSet><RangeSet><name>b</name><label>b</label><axisDescription><AxisDescription>
<name>Band</name><label>Band</label><values><singleValue>1</singleValue><singleValue>2</singleValue>
<singleValue>3</singleValue></values></AxisDescription></axisDescription></RangeSet></rangeSet>
<supportedCRSs><requestResponseCRSs>EPSG:4326</requestResponseCRSs></supportedCRSs><supportedFormats
nativeFormat="GeoTIFF"><formats>GeoTIFF</formats></supportedFormats><supportedInterpolations default="nearest neighbor">
<interpolationMethod>nearest neighbor</interpolationMethod></supportedInterpolations></CoverageOffering>
</CoverageDescription>"""

if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
