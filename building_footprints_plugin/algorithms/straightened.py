"""The user's features with the outlines that the engine straightened."""

from __future__ import annotations

from collections.abc import Iterator

from qgis.core import (
    QgsFeature,
    QgsFeatureRequest,
    QgsFields,
    QgsGeometry,
    QgsProcessingFeatureSource,
    QgsWkbTypes,
)

from ..bridge.vectors import ID, whole_number_field
from .sinks import KEY, EngineLayer, Features, in_batches

FLAG = "regularized"


class Straightened(Features):
    """The features of `source` with all their fields, the field `regularized`, and the geometry of `straight`.

    Features that the engine left out are left out. The geometries are Polygons, or MultiPolygons where the source or
    the engine has them.
    """

    def __init__(self, source: QgsProcessingFeatureSource, straight: EngineLayer) -> None:
        self._source = source
        self._straight = straight.open()
        self._columns = _columns(source)
        fields = QgsFields()
        for column in self._columns:
            fields.append(source.fields().at(column))
        fields.append(whole_number_field(FLAG))
        self._is_multi = any(QgsWkbTypes.isMultiType(each.wkbType()) for each in (source, self._straight))
        kind = QgsWkbTypes.Type.MultiPolygon if self._is_multi else QgsWkbTypes.Type.Polygon
        super().__init__(fields, kind, source.sourceCrs())

    def batches(self) -> Iterator[list[QgsFeature]]:
        rows = self._rows()
        request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
        skip_checks = QgsProcessingFeatureSource.Flag.FlagSkipGeometryValidityChecks
        for batch in in_batches(self._source.getFeatures(request, skip_checks)):
            known = [feature for feature in batch if feature.id() in rows]
            wanted = QgsFeatureRequest().setFilterFids([rows[feature.id()] for feature in known])
            found = {feature[ID]: feature for feature in self._straight.getFeatures(wanted)}
            yield [self._joined(feature, found[feature.id()]) for feature in known]

    def close(self) -> None:
        del self._straight

    def _rows(self) -> dict[int, int]:
        """Return the row of each source feature in the engine's layer."""
        request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry)
        return {feature[ID]: feature.id() for feature in self._straight.getFeatures(request)}

    def _joined(self, feature: QgsFeature, straight: QgsFeature) -> QgsFeature:
        values = feature.attributes()
        made = QgsFeature(self.fields)
        made.setAttributes([*(values[column] for column in self._columns), straight[FLAG]])
        geometry = QgsGeometry(straight.geometry())
        if self._is_multi:
            geometry.convertToMultiType()
        made.setGeometry(geometry)
        return made


def _columns(source: QgsProcessingFeatureSource) -> list[int]:
    """Return the numbers of the fields kept: all but an older `regularized`, and a `fid` that is no key any more.

    Merged layers often carry a `fid` whose values repeat; a GeoPackage would refuse such features.
    """
    return [
        number
        for number, field in enumerate(source.fields())
        if field.name().lower() != FLAG and (field.name().lower() != KEY or _is_key(source, number))
    ]


def _is_key(source: QgsProcessingFeatureSource, column: int) -> bool:
    return len(source.uniqueValues(column)) == source.featureCount()
