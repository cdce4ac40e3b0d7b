"""Write the models that the plugin ships: what QGIS's model designer would save, so that it can open and change them.

Usage: .venv-qgis/bin/python -m tools.models, with the oldest QGIS that is to open them (`make models`).
"""

# mypy: ignore-errors
# PyQGIS has no types.

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)
from qgis.PyQt.QtCore import QPointF

from tools.qgis_session import qgis

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "building_footprints_plugin" / "models"
POLYGONS = [QgsProcessing.SourceType.TypeVectorPolygon]
STEP_PX = 220
OPTIONAL = QgsProcessingParameterDefinition.Flag.FlagOptional
Source = QgsProcessingModelChildParameterSource


class Draft:
    """A model in the making: parameters on the left, steps after one another to the right."""

    def __init__(self, name: str, title: str, text: str) -> None:
        self.model = QgsProcessingModelAlgorithm(title, "Models", "models")
        self.model.setName(name)
        self.model.setHelpContent({"ALG_DESC": text})
        self._help: dict[str, str] = {"ALG_DESC": text}

    def ask(self, definition: Any, text: str) -> None:
        """Add a parameter of the model."""
        place = QgsProcessingModelParameter(definition.name())
        place.setPosition(QPointF(100, 80 + 90 * len(self.model.parameterComponents())))
        self._help[definition.name()] = text
        self.model.setHelpContent(self._help)
        self.model.addModelParameter(definition, place)

    def step(self, child_id: str, algorithm: str, given: dict[str, Any], outputs: dict[str, str]) -> None:
        """Add a step; `outputs` are those that the model returns, with their labels."""
        child = QgsProcessingModelChildAlgorithm(algorithm)
        child.setChildId(child_id)
        child.setDescription(child.algorithm().displayName())
        child.setPosition(QPointF(100 + STEP_PX * (1 + len(self.model.childAlgorithms())), 120))
        for name, source in {**_defaults(child.algorithm()), **given}.items():
            child.addParameterSources(name, [source if isinstance(source, Source) else Source.fromStaticValue(source)])
        made = {}
        for name, label in outputs.items():
            output = QgsProcessingModelOutput(name.lower(), label)
            output.setDescription(label)
            output.setChildId(child_id)
            output.setChildOutputName(name)
            output.setPosition(QPointF(child.position().x() + 150, 60 + 60 * (1 + len(made))))
            made[output.name()] = output
        child.setModelOutputs(made)
        self.model.addChildAlgorithm(child)

    def save(self) -> None:
        """Write the model; raises SystemExit if it would not run."""
        self.model.setParameterOrder([name for name in self._help if name != "ALG_DESC"])
        fine, problems = self.model.validate()
        if not fine:
            raise SystemExit(f"Error: {self.model.name()} would not run: {problems}")
        self.model.toFile(str(TARGET / f"{self.model.name()}.model3"))


def _defaults(algorithm: Any) -> dict[str, Any]:
    """Return the defaults of parameters that may not be left open: the designer wants to see them."""
    needed = [each for each in algorithm.parameterDefinitions() if not int(each.flags() & OPTIONAL)]
    return {each.name(): each.defaultValue() for each in needed if each.defaultValue() is not None}


def asked(name: str) -> Source:
    """Return what the user gives for a parameter of the model."""
    return Source.fromModelParameter(name)


def extract_and_score() -> Draft:
    """Return the model that extracts, squares and scores inside an area."""
    draft = Draft(
        "extractandscore",
        "Extract, square and score footprints",
        "Extracts the buildings of an image inside an area of interest, squares their outlines, and compares them with "
        "buildings that were drawn there. A copy of this model can be changed in the model designer.",
    )
    draft.ask(QgsProcessingParameterRasterLayer("image", "Image"), "An aerial or satellite image.")
    draft.ask(QgsProcessingParameterFeatureSource("area", "Area of interest", POLYGONS), "Only what lies within.")
    draft.ask(
        QgsProcessingParameterFeatureSource("truth", "Ground truth", POLYGONS),
        "Every building within the area, as it really is.",
    )
    extracting = {"INPUT": asked("image"), "MASK": asked("area"), "REGULARIZE": "simplify"}
    draft.step("extract", "buildingfootprints:extractbuildings", extracting, {})
    squaring = {"INPUT": Source.fromChildOutput("extract", "OUTPUT"), "METHOD": "rectangular"}
    draft.step("square", "buildingfootprints:regularizefootprints", squaring, {})
    scoring = {"PROPOSALS": Source.fromChildOutput("square", "OUTPUT"), "TRUTH": asked("truth"), "AOI": asked("area")}
    outputs = {"OUTPUT": "Matched and false footprints", "MISSED": "Missed buildings", "REPORT": "Report"}
    draft.step("score", "buildingfootprints:scorefootprints", scoring, outputs)
    return draft


def export_tiles() -> Draft:
    """Return the model that joins image tiles and exports training data of them."""
    draft = Draft(
        "exporttrainingtiles",
        "Export training data of image tiles",
        "Joins image tiles that lie side by side and writes training data where all buildings are drawn, as one place. "
        "A copy of this model can be changed in the model designer.",
    )
    draft.ask(
        QgsProcessingParameterMultipleLayers("images", "Image tiles", QgsProcessing.SourceType.TypeRaster),
        "Tiles of one image: in one coordinate system, with the same bands.",
    )
    draft.ask(QgsProcessingParameterFeatureSource("buildings", "Buildings", POLYGONS), "The buildings that were drawn.")
    draft.ask(
        QgsProcessingParameterFeatureSource("areas", "Finished areas", POLYGONS),
        "Polygons within which every building is drawn. Nothing is learned outside.",
    )
    draft.ask(QgsProcessingParameterString("place", "Name of the place"), "The tiles go into a folder of this name.")
    joining = {"INPUT": asked("images"), "SEPARATE": False, "RESOLUTION": 0}
    draft.step("join", "gdal:buildvirtualraster", joining, {})
    exporting = {
        "INPUT": Source.fromChildOutput("join", "OUTPUT"),
        "TRUTH": asked("buildings"),
        "MASK": asked("areas"),
        "NAME": asked("place"),
    }
    draft.step("export", "buildingfootprints:exporttrainingdata", exporting, {"FOLDER": "Folder of the training data"})
    return draft


def main() -> int:
    TARGET.mkdir(exist_ok=True)
    with qgis():
        for draft in (extract_and_score(), export_tiles()):
            draft.save()
    return 0


if __name__ == "__main__":
    sys.exit(main())
