<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
    <context>
        <name>BuildingFootprints</name>
        <message>
            <source>; enough for polygonizing and scoring</source>
            <translation>; genug zum Polygonisieren und Bewerten</translation>
        </message>
        <message>
            <source>A GeoTIFF with two bands, building and interior probability, scaled to 0..1.</source>
            <translation>Ein GeoTIFF mit zwei Kanälen, Wahrscheinlichkeit von Gebäude und von Gebäudeinnerem, auf 0 bis 1 skaliert.</translation>
        </message>
        <message>
            <source>A new engine is started.</source>
            <translation>Eine neue Engine wird gestartet.</translation>
        </message>
        <message>
            <source>A trial extraction failed: {}</source>
            <translation>Eine Probe-Extraktion schlug fehl: {}</translation>
        </message>
        <message>
            <source>A trial extraction of {} x {} px on {} took {:.1f} s, {:.1f} s of them for starting.</source>
            <translation>Eine Probe-Extraktion von {} x {} px auf {} dauerte {:.1f} s, davon {:.1f} s für den Start.</translation>
        </message>
        <message>
            <source>A weights file of this plugin's training. Default: the ones that come with the plugin.</source>
            <translation>Eine Gewichtedatei aus dem Training dieser Erweiterung. Voreinstellung: die mitgelieferten.</translation>
        </message>
        <message>
            <source>Action</source>
            <translation>Aktion</translation>
        </message>
        <message>
            <source>Address of a mirror of the Python package index; torch is then taken from there as well.</source>
            <translation>Adresse eines Spiegels des Python-Paketverzeichnisses; auch torch kommt dann von dort.</translation>
        </message>
        <message>
            <source>An aerial or satellite image.</source>
            <translation>Ein Luft- oder Satellitenbild.</translation>
        </message>
        <message>
            <source>Area (m²)</source>
            <translation>Fläche (m²)</translation>
        </message>
        <message>
            <source>Area of interest</source>
            <translation>Interessengebiet</translation>
        </message>
        <message>
            <source>Attribution</source>
            <translation>Namensnennung</translation>
        </message>
        <message>
            <source>Average precision over confidence</source>
            <translation>Mittlere Genauigkeit über die Konfidenz</translation>
        </message>
        <message>
            <source>Band {} was asked for, but {} has {} band(s); choose from 1 to {}.</source>
            <translation>Kanal {} wurde verlangt, aber {} hat {} Kanäle; wählen Sie 1 bis {}.</translation>
        </message>
        <message>
            <source>Bands</source>
            <translation>Kanäle</translation>
        </message>
        <message>
            <source>Batch size</source>
            <translation>Stapelgröße</translation>
        </message>
        <message>
            <source>Building Footprints</source>
            <translation>Building Footprints</translation>
        </message>
        <message>
            <source>Building it matches</source>
            <translation>Zugeordnetes Gebäude</translation>
        </message>
        <message>
            <source>Building probability</source>
            <translation>Gebäudewahrscheinlichkeit</translation>
        </message>
        <message>
            <source>Buildings</source>
            <translation>Gebäude</translation>
        </message>
        <message>
            <source>Buildings cut into several footprints</source>
            <translation>In mehrere Grundrisse zerteilte Gebäude</translation>
        </message>
        <message>
            <source>Cancelled; no output was written.</source>
            <translation>Abgebrochen; es wurde nichts geschrieben.</translation>
        </message>
        <message>
            <source>Cancelled; run Install Engine again to go on where it stopped.</source>
            <translation>Abgebrochen; ein weiterer Lauf von „Engine installieren“ macht dort weiter, wo dieser aufhörte.</translation>
        </message>
        <message>
            <source>Check installation</source>
            <translation>Installation prüfen</translation>
        </message>
        <message>
            <source>Compares footprints with ground truth the way the SpaceNet challenges do: each footprint may match one building, and counts as found from the given overlap (intersection over union) on.

Returns precision, recall and F1 as numbers, the proposals marked as matched or false with their IoU, the buildings that were missed, and on demand a report in one HTML file. Proposals that have a field confidence are matched in that order. The layers may be in different coordinate systems.

With Measure shapes, it also returns how far outlines lie apart, how much buildings are turned, how many corners are right angles, and how many footprints overlap or are invalid.</source>
            <translation>Vergleicht Grundrisse mit Referenzgebäuden nach den Regeln der SpaceNet-Wettbewerbe: Jeder Grundriss kann einem Gebäude zugeordnet werden und zählt ab der angegebenen Überlappung (Schnitt durch Vereinigung, IoU) als gefunden.

Ergibt Genauigkeit, Trefferquote und F1 als Zahlen, die Grundrisse mit ihrer IoU als richtig oder falsch gekennzeichnet, die übersehenen Gebäude und auf Wunsch einen Bericht in einer HTML-Datei. Haben die Grundrisse ein Feld confidence, so werden sie in dessen Reihenfolge zugeordnet. Die Layer dürfen verschiedene Koordinatensysteme haben.

Mit „Formen messen“ auch, wie weit Umrisse auseinanderliegen, wie weit Gebäude verdreht sind, wie viele Ecken rechte Winkel sind und wie viele Grundrisse sich überlappen oder ungültig sind.</translation>
        </message>
        <message>
            <source>Computes how likely each pixel of an aerial or satellite image is to be building. The result is a GeoTIFF at the resolution of the weights with two bands from 0 to 1: building, and interior (building without the border to its neighbours).

Polygonize buildings turns it into footprints, as often as wanted with other thresholds, without running the network again.

A long run that was interrupted, by a crash or a power cut, goes on where it was when it is run again with the same settings into the same file.

The network runs outside QGIS, in a Python that Check Installation reports on.</source>
            <translation>Berechnet, wie wahrscheinlich jeder Bildpunkt eines Luft- oder Satellitenbildes zu einem Gebäude gehört. Das Ergebnis ist ein GeoTIFF in der Auflösung der Gewichte mit zwei Kanälen von 0 bis 1: Gebäude und Inneres (Gebäude ohne den Rand zu seinen Nachbarn).

„Gebäude polygonisieren“ macht daraus Grundrisse, beliebig oft mit anderen Schwellenwerten, ohne das Netz erneut laufen zu lassen.

Ein langer Lauf, der durch einen Absturz oder Stromausfall unterbrochen wurde, geht dort weiter, wo er war, wenn er mit denselben Einstellungen in dieselbe Datei noch einmal gestartet wird.

Das Netz läuft außerhalb von QGIS, in einem Python, über das „Installation prüfen“ Auskunft gibt.</translation>
        </message>
        <message>
            <source>Confidence</source>
            <translation>Konfidenz</translation>
        </message>
        <message>
            <source>Cuts an image and the buildings drawn over it into tiles, as one place of the data from which the network is trained. The tiles lie on the grid on which Extract buildings reads the image.

Whatever is shown without a building counts as ground without buildings, so choose an extent, or mask polygons, in which every building is drawn. What lies outside, and what is no data, is not learned.

Export several places into one folder, some of them for validation, then on the command line: python -m training train FOLDER RUN</source>
            <translation>Schneidet ein Bild und die darüber gezeichneten Gebäude in Kacheln, als einen Ort der Daten, mit denen das Netz trainiert wird. Die Kacheln liegen auf dem Raster, in dem „Gebäude extrahieren“ das Bild liest.

Was ohne Gebäude gezeigt wird, gilt als unbebauter Boden; wählen Sie also eine Ausdehnung oder Maskenpolygone, in denen jedes Gebäude gezeichnet ist. Was außerhalb liegt oder keine Daten hat, wird nicht gelernt.

Exportieren Sie mehrere Orte in einen Ordner, einige davon zur Validierung, dann auf der Kommandozeile: python -m training train FOLDER RUN</translation>
        </message>
        <message>
            <source>Device</source>
            <translation>Gerät</translation>
        </message>
        <message>
            <source>Device used</source>
            <translation>Benutztes Gerät</translation>
        </message>
        <message>
            <source>Device: {}</source>
            <translation>Gerät: {}</translation>
        </message>
        <message>
            <source>Engine: {}</source>
            <translation>Engine: {}</translation>
        </message>
        <message>
            <source>Engine: {} ({})</source>
            <translation>Engine: {} ({})</translation>
        </message>
        <message>
            <source>Every building within the area, as it really is.</source>
            <translation>Jedes Gebäude innerhalb des Gebiets, so wie es wirklich ist.</translation>
        </message>
        <message>
            <source>Export training data</source>
            <translation>Trainingsdaten exportieren</translation>
        </message>
        <message>
            <source>Export training data of image tiles</source>
            <translation>Trainingsdaten aus Bildkacheln exportieren</translation>
        </message>
        <message>
            <source>Extent</source>
            <translation>Ausdehnung</translation>
        </message>
        <message>
            <source>Extract buildings</source>
            <translation>Gebäude extrahieren</translation>
        </message>
        <message>
            <source>Extract, square and score footprints</source>
            <translation>Gebäudegrundrisse extrahieren, begradigen und bewerten</translation>
        </message>
        <message>
            <source>Extracts the buildings of an image inside an area of interest, squares their outlines, and compares them with buildings that were drawn there. A copy of this model can be changed in the model designer.</source>
            <translation>Extrahiert die Gebäude eines Bildes innerhalb eines Interessengebiets, macht ihre Umrisse rechtwinklig und vergleicht sie mit dort gezeichneten Gebäuden. Eine Kopie dieses Modells kann in der Modellierung geändert werden.</translation>
        </message>
        <message>
            <source>F1 where a match needs an IoU of {:g}</source>
            <translation>F1, wenn eine Zuordnung eine IoU von {:g} braucht</translation>
        </message>
        <message>
            <source>F1: harmonic mean of precision and recall</source>
            <translation>F1: harmonisches Mittel von Genauigkeit und Trefferquote</translation>
        </message>
        <message>
            <source>False</source>
            <translation>Falsch</translation>
        </message>
        <message>
            <source>Finds the buildings in an aerial or satellite image and returns them as polygons in the layer's coordinate system, each with its confidence (how likely it is right, from 0 to 1), its area in m² and its perimeter in m.

The image is read at the resolution the weights were trained for, whatever its own is; images much coarser than that show too little. No data and transparent parts stay empty.

Web maps (XYZ, WMS, WMTS) work too, within an extent or mask polygons: their pictures are fetched first, so mind the terms of whoever offers them.

A long run that was interrupted, by a crash or a power cut, goes on where it was when it is run again with the same settings into the same file.

The network runs outside QGIS, in a Python that Check Installation reports on.</source>
            <translation>Findet die Gebäude in einem Luft- oder Satellitenbild und gibt sie als Polygone im Koordinatensystem des Layers zurück, jedes mit seiner Konfidenz (wie wahrscheinlich es richtig ist, von 0 bis 1), seiner Fläche in m² und seinem Umfang in m.

Das Bild wird in der Auflösung gelesen, für die die Gewichte trainiert wurden, gleich welche es selbst hat; viel gröbere Bilder zeigen zu wenig. Wo keine Daten sind und wo das Bild durchsichtig ist, bleibt es leer.

Auch Webkarten (XYZ, WMS, WMTS) gehen, innerhalb einer Ausdehnung oder von Maskenpolygonen: Ihre Bilder werden zuerst geholt; beachten Sie also die Bedingungen des Anbieters.

Ein langer Lauf, der durch einen Absturz oder Stromausfall unterbrochen wurde, geht dort weiter, wo er war, wenn er mit denselben Einstellungen in dieselbe Datei noch einmal gestartet wird.

Das Netz läuft außerhalb von QGIS, in einem Python, über das „Installation prüfen“ Auskunft gibt.</translation>
        </message>
        <message>
            <source>Finished areas</source>
            <translation>Fertige Gebiete</translation>
        </message>
        <message>
            <source>Folder</source>
            <translation>Ordner</translation>
        </message>
        <message>
            <source>Folder of the training data</source>
            <translation>Ordner der Trainingsdaten</translation>
        </message>
        <message>
            <source>Folder of this place</source>
            <translation>Ordner dieses Ortes</translation>
        </message>
        <message>
            <source>Folder of wheels</source>
            <translation>Ordner mit Wheels</translation>
        </message>
        <message>
            <source>Follow links of the image to the network</source>
            <translation>Verweisen des Bildes ins Netz folgen</translation>
        </message>
        <message>
            <source>Footprints</source>
            <translation>Gebäudegrundrisse</translation>
        </message>
        <message>
            <source>Footprints over several buildings</source>
            <translation>Grundrisse über mehreren Gebäuden</translation>
        </message>
        <message>
            <source>Footprints to score</source>
            <translation>Zu bewertende Grundrisse</translation>
        </message>
        <message>
            <source>For the CPU only</source>
            <translation>Nur für die CPU</translation>
        </message>
        <message>
            <source>Ground truth</source>
            <translation>Referenzgebäude</translation>
        </message>
        <message>
            <source>HTML files</source>
            <translation>HTML-Dateien</translation>
        </message>
        <message>
            <source>If that does not help, the card's driver is too old for torch.</source>
            <translation>Hilft das nicht, ist der Treiber der Karte zu alt für torch.</translation>
        </message>
        <message>
            <source>If the network keeps an address closed, name a package index that is open, or a folder of wheels.</source>
            <translation>Wenn das Netzwerk eine Adresse sperrt, nennen Sie ein erreichbares Paketverzeichnis oder einen Ordner mit Wheels.</translation>
        </message>
        <message>
            <source>Image</source>
            <translation>Bild</translation>
        </message>
        <message>
            <source>Image tiles</source>
            <translation>Bildkacheln</translation>
        </message>
        <message>
            <source>Install engine</source>
            <translation>Engine installieren</translation>
        </message>
        <message>
            <source>Install engine…</source>
            <translation>Engine installieren…</translation>
        </message>
        <message>
            <source>Install from these files alone, without the internet.</source>
            <translation>Nur aus diesen Dateien installieren, ohne das Internet.</translation>
        </message>
        <message>
            <source>Installation</source>
            <translation>Installation</translation>
        </message>
        <message>
            <source>IoU from which a footprint counts as found</source>
            <translation>IoU, ab der ein Grundriss als gefunden gilt</translation>
        </message>
        <message>
            <source>IoU of all ground covered</source>
            <translation>IoU der gesamten bedeckten Fläche</translation>
        </message>
        <message>
            <source>IoU with the truth</source>
            <translation>IoU mit der Referenz</translation>
        </message>
        <message>
            <source>It names as source: {}</source>
            <translation>Als Quelle nennt sie: {}</translation>
        </message>
        <message>
            <source>Its last words:</source>
            <translation>Ihre letzten Zeilen:</translation>
        </message>
        <message>
            <source>Joins image tiles that lie side by side and writes training data where all buildings are drawn, as one place. A copy of this model can be changed in the model designer.</source>
            <translation>Fügt nebeneinanderliegende Bildkacheln zusammen und schreibt Trainingsdaten, wo alle Gebäude gezeichnet sind, als einen Ort. Eine Kopie dieses Modells kann in der Modellierung geändert werden.</translation>
        </message>
        <message>
            <source>Largest tile</source>
            <translation>Größte Kachel</translation>
        </message>
        <message>
            <source>Least overlap with the given outline</source>
            <translation>Kleinste Überlappung mit dem gegebenen Umriss</translation>
        </message>
        <message>
            <source>Leave out what a GPU needs: a much smaller download. Without this the GPU is looked for.</source>
            <translation>Weglassen, was eine GPU braucht: ein viel kleinerer Download. Ohne diese Wahl wird nach einer GPU gesucht.</translation>
        </message>
        <message>
            <source>Licence</source>
            <translation>Lizenz</translation>
        </message>
        <message>
            <source>Lowest confidence</source>
            <translation>Kleinste Konfidenz</translation>
        </message>
        <message>
            <source>Make an environment of Python 3.10 or newer and install the packages in it, for example:</source>
            <translation>Legen Sie eine Umgebung mit Python 3.10 oder neuer an und installieren Sie die Pakete darin, zum Beispiel:</translation>
        </message>
        <message>
            <source>Make sure that its terms allow this use, and name the source of the imagery with the footprints.</source>
            <translation>Vergewissern Sie sich, dass die Bedingungen des Anbieters diese Nutzung erlauben, und nennen Sie die Quelle der Bilder bei den Grundrissen.</translation>
        </message>
        <message>
            <source>Makes a Python environment for the engine in your QGIS profile, with the versions this plugin was tested with. QGIS's own Python stays as it is. About 1 GB is fetched, several with a GPU. Once is enough; after an update of the plugin run it again if a message asks for it. A run that was cancelled goes on where it stopped.

install: make it, or complete what is there. repair: make it anew; the old one stays until the new one works, so there must be room for both. remove: delete it. use: fetch nothing, and let the engine run in the Python named below, if that has all packages.

QGIS's proxy settings and certificates are used. Without the internet: on another machine of the same kind run pip download with the file engine_lock.txt of this plugin, and name the folder here.</source>
            <translation>Legt in Ihrem QGIS-Profil eine Python-Umgebung für die Engine an, mit den Versionen, mit denen diese Erweiterung getestet wurde. Das Python von QGIS bleibt, wie es ist. Etwa 1 GB wird geladen, mit einer GPU mehrere. Einmal genügt; nach einer Aktualisierung der Erweiterung erneut, wenn eine Meldung darum bittet. Ein abgebrochener Lauf wird fortgesetzt, wo er aufhörte.

install: anlegen oder vervollständigen, was da ist. repair: neu anlegen; die alte Umgebung bleibt, bis die neue funktioniert, es muss also Platz für beide sein. remove: löschen. use: nichts laden und die Engine in dem unten genannten Python laufen lassen, wenn es alle Pakete hat.

Proxy-Einstellungen und Zertifikate von QGIS werden benutzt. Ohne Internet: auf einem gleichartigen Rechner pip download mit der Datei engine_lock.txt dieser Erweiterung ausführen und den Ordner hier nennen.</translation>
        </message>
        <message>
            <source>Mask polygons</source>
            <translation>Maskenpolygone</translation>
        </message>
        <message>
            <source>Matched</source>
            <translation>Zugeordnet</translation>
        </message>
        <message>
            <source>Matched and false footprints</source>
            <translation>Richtige und falsche Grundrisse</translation>
        </message>
        <message>
            <source>Matched or false</source>
            <translation>Richtig oder falsch</translation>
        </message>
        <message>
            <source>Matched {}, false {}, missed {}</source>
            <translation>Getroffen {}, falsch {}, übersehen {}</translation>
        </message>
        <message>
            <source>Mean IoU of the matched</source>
            <translation>Mittlere IoU der zugeordneten</translation>
        </message>
        <message>
            <source>Measure shapes</source>
            <translation>Formen messen</translation>
        </message>
        <message>
            <source>Median offset of the matched to the east, in metres</source>
            <translation>Median des Versatzes der zugeordneten nach Osten, in Metern</translation>
        </message>
        <message>
            <source>Median offset of the matched to the north, in metres</source>
            <translation>Median des Versatzes der zugeordneten nach Norden, in Metern</translation>
        </message>
        <message>
            <source>Merge threshold</source>
            <translation>Schwelle zum Verschmelzen</translation>
        </message>
        <message>
            <source>Method</source>
            <translation>Methode</translation>
        </message>
        <message>
            <source>Missed</source>
            <translation>Übersehen</translation>
        </message>
        <message>
            <source>Missed buildings</source>
            <translation>Übersehene Gebäude</translation>
        </message>
        <message>
            <source>Models</source>
            <translation>Modelle</translation>
        </message>
        <message>
            <source>More algorithms</source>
            <translation>Weitere Algorithmen</translation>
        </message>
        <message>
            <source>Name its python in Install Engine with use, in QGIS's advanced setting {}</source>
            <translation>Nennen Sie deren python in „Engine installieren“ mit use, in der erweiterten QGIS-Einstellung {}</translation>
        </message>
        <message>
            <source>Name of the place</source>
            <translation>Name des Ortes</translation>
        </message>
        <message>
            <source>Name the Python that is to be used.</source>
            <translation>Nennen Sie das Python, das benutzt werden soll.</translation>
        </message>
        <message>
            <source>Neither uv nor a Python was found; install Python 3.11 or newer and name it here.</source>
            <translation>Weder uv noch ein Python wurde gefunden; installieren Sie Python 3.11 oder neuer und nennen Sie es hier.</translation>
        </message>
        <message>
            <source>No GPU is used; on the CPU the network is slower and finds the same footprints.</source>
            <translation>Es wird keine GPU benutzt; auf der CPU ist das Netz langsamer und findet dieselben Grundrisse.</translation>
        </message>
        <message>
            <source>No Python was found that can run the engine. What to do:</source>
            <translation>Es wurde kein Python gefunden, in dem die Engine laufen kann. Was zu tun ist:</translation>
        </message>
        <message>
            <source>No Python was found that can run the engine; run Install Engine, which makes one.</source>
            <translation>Es wurde kein Python gefunden, in dem die Engine laufen kann; „Engine installieren“ legt eines an.</translation>
        </message>
        <message>
            <source>No engine was found that can do everything; the report says what to do.</source>
            <translation>Es wurde keine Engine gefunden, die alles kann; der Bericht sagt, was zu tun ist.</translation>
        </message>
        <message>
            <source>Number of footprints</source>
            <translation>Anzahl der Grundrisse</translation>
        </message>
        <message>
            <source>Number of tiles</source>
            <translation>Anzahl der Kacheln</translation>
        </message>
        <message>
            <source>Number to which the method was applied in full</source>
            <translation>Anzahl, auf die die Methode ganz angewandt wurde</translation>
        </message>
        <message>
            <source>On the command line</source>
            <translation>Auf der Kommandozeile</translation>
        </message>
        <message>
            <source>Only this part is compared; in any coordinate system.</source>
            <translation>Nur dieser Teil wird verglichen; in einem beliebigen Koordinatensystem.</translation>
        </message>
        <message>
            <source>Only this part of the layer; in any coordinate system. Default: all of it.</source>
            <translation>Nur dieser Teil des Layers; in einem beliebigen Koordinatensystem. Voreinstellung: der ganze Layer.</translation>
        </message>
        <message>
            <source>Only what lies within these polygons is compared; in any coordinate system.</source>
            <translation>Nur was innerhalb dieser Polygone liegt, wird verglichen; in einem beliebigen Koordinatensystem.</translation>
        </message>
        <message>
            <source>Only what lies within these polygons; in any coordinate system.</source>
            <translation>Nur was innerhalb dieser Polygone liegt; in einem beliebigen Koordinatensystem.</translation>
        </message>
        <message>
            <source>Only what lies within.</source>
            <translation>Nur was darin liegt.</translation>
        </message>
        <message>
            <source>Outputs</source>
            <translation>Ausgaben</translation>
        </message>
        <message>
            <source>Overlap is {}; expected at most a third of the tile size, which is {}.</source>
            <translation>Die Überlappung ist {}; erwartet wird höchstens ein Drittel der Kachelgröße, die {} ist.</translation>
        </message>
        <message>
            <source>Overlap of tiles</source>
            <translation>Überlappung der Kacheln</translation>
        </message>
        <message>
            <source>Package index</source>
            <translation>Paketverzeichnis</translation>
        </message>
        <message>
            <source>Parameters</source>
            <translation>Parameter</translation>
        </message>
        <message>
            <source>Perimeter (m)</source>
            <translation>Umfang (m)</translation>
        </message>
        <message>
            <source>Pixel size the image is read at</source>
            <translation>Pixelgröße, in der das Bild gelesen wird</translation>
        </message>
        <message>
            <source>Polygonize buildings</source>
            <translation>Gebäude polygonisieren</translation>
        </message>
        <message>
            <source>Polygons within which every building is drawn. Nothing is learned outside.</source>
            <translation>Polygone, in denen jedes Gebäude gezeichnet ist. Außerhalb wird nichts gelernt.</translation>
        </message>
        <message>
            <source>Precision</source>
            <translation>Rechengenauigkeit</translation>
        </message>
        <message>
            <source>Precision: share of the proposals that are right</source>
            <translation>Genauigkeit: Anteil der Grundrisse, die richtig sind</translation>
        </message>
        <message>
            <source>Probability or mask</source>
            <translation>Wahrscheinlichkeit oder Maske</translation>
        </message>
        <message>
            <source>Python</source>
            <translation>Python</translation>
        </message>
        <message>
            <source>Pythons tried, in this order:</source>
            <translation>Geprüfte Pythons, in dieser Reihenfolge:</translation>
        </message>
        <message>
            <source>QGIS's own Python</source>
            <translation>das Python von QGIS</translation>
        </message>
        <message>
            <source>Quality of the labels</source>
            <translation>Güte der Referenzgebäude</translation>
        </message>
        <message>
            <source>Recall of buildings from {:g} m² on</source>
            <translation>Trefferquote der Gebäude ab {:g} m²</translation>
        </message>
        <message>
            <source>Recall of buildings of {:g} to {:g} m²</source>
            <translation>Trefferquote der Gebäude von {:g} bis {:g} m²</translation>
        </message>
        <message>
            <source>Recall: share of the truth that was found</source>
            <translation>Trefferquote: Anteil der Referenzgebäude, die gefunden wurden</translation>
        </message>
        <message>
            <source>Regularize footprints</source>
            <translation>Gebäudegrundrisse begradigen</translation>
        </message>
        <message>
            <source>Regularized</source>
            <translation>Begradigt</translation>
        </message>
        <message>
            <source>Report</source>
            <translation>Bericht</translation>
        </message>
        <message>
            <source>Right angles only</source>
            <translation>Nur rechte Winkel</translation>
        </message>
        <message>
            <source>Rule</source>
            <translation>Regel</translation>
        </message>
        <message>
            <source>Run Check Installation again; it asks every Python anew.</source>
            <translation>Führen Sie „Installation prüfen“ erneut aus; es befragt jedes Python neu.</translation>
        </message>
        <message>
            <source>Run Install Engine with repair.</source>
            <translation>Führen Sie „Engine installieren“ mit repair aus.</translation>
        </message>
        <message>
            <source>Run Install Engine, which makes one; if that is not possible:</source>
            <translation>Führen Sie „Engine installieren“ aus, das eines anlegt; wenn das nicht möglich ist:</translation>
        </message>
        <message>
            <source>Score footprints</source>
            <translation>Gebäudegrundrisse bewerten</translation>
        </message>
        <message>
            <source>Seed threshold</source>
            <translation>Schwelle für Keime</translation>
        </message>
        <message>
            <source>Segment buildings</source>
            <translation>Gebäude segmentieren</translation>
        </message>
        <message>
            <source>Shapes: invalid footprints</source>
            <translation>Formen: ungültige Grundrisse</translation>
        </message>
        <message>
            <source>Shapes: mean Hausdorff distance of the matched, in metres</source>
            <translation>Formen: mittlerer Hausdorff-Abstand der zugeordneten, in Metern</translation>
        </message>
        <message>
            <source>Shapes: mean PoLiS distance of the matched, in metres</source>
            <translation>Formen: mittlerer PoLiS-Abstand der zugeordneten, in Metern</translation>
        </message>
        <message>
            <source>Shapes: mean rotation error of the matched, in degrees</source>
            <translation>Formen: mittlere Verdrehung der zugeordneten, in Grad</translation>
        </message>
        <message>
            <source>Shapes: pairs of footprints that overlap</source>
            <translation>Formen: Paare von Grundrissen, die sich überlappen</translation>
        </message>
        <message>
            <source>Shapes: share of right angles among the corners of the footprints</source>
            <translation>Formen: Anteil rechter Winkel an den Ecken der Grundrisse</translation>
        </message>
        <message>
            <source>Shapes: share of right angles among the corners of the truth</source>
            <translation>Formen: Anteil rechter Winkel an den Ecken der Referenz</translation>
        </message>
        <message>
            <source>Shapes: vertices of the matched over those of their buildings</source>
            <translation>Formen: Stützpunkte der zugeordneten im Verhältnis zu denen ihrer Gebäude</translation>
        </message>
        <message>
            <source>Shortest wall</source>
            <translation>Kürzeste Wand</translation>
        </message>
        <message>
            <source>Size of a pixel on the ground</source>
            <translation>Größe eines Bildpunkts am Boden</translation>
        </message>
        <message>
            <source>Smallest courtyard</source>
            <translation>Kleinster Innenhof</translation>
        </message>
        <message>
            <source>Smallest footprint</source>
            <translation>Kleinster Grundriss</translation>
        </message>
        <message>
            <source>Smallest polygon compared</source>
            <translation>Kleinstes verglichenes Polygon</translation>
        </message>
        <message>
            <source>Source: {}</source>
            <translation>Quelle: {}</translation>
        </message>
        <message>
            <source>Straighten outlines</source>
            <translation>Umrisse begradigen</translation>
        </message>
        <message>
            <source>Straightened in full</source>
            <translation>Ganz begradigt</translation>
        </message>
        <message>
            <source>Straightens the outlines of buildings, whatever they were drawn or traced by: this plugin, OpenStreetMap, the open footprints of Microsoft or Google. Walls become straight, corners right angles where the building has them, and neighbours do not come to overlap.

Fields are kept. The field regularized is 1 where the method was applied in full, and 0 where the outline would have become untrue and a simpler one was kept. The tolerance is in metres in any coordinate system. Invalid outlines are repaired, curves become lines, and heights are dropped.</source>
            <translation>Begradigt die Umrisse von Gebäuden, gleich wovon sie gezeichnet oder abgeleitet wurden: von dieser Erweiterung, OpenStreetMap, den offenen Gebäuden von Microsoft oder Google. Wände werden gerade, Ecken rechte Winkel, wo das Gebäude sie hat, und Nachbarn überlappen sich danach nicht.

Felder bleiben erhalten. Das Feld regularized ist 1, wo die Methode ganz angewandt wurde, und 0, wo der Umriss unwahr geworden wäre und ein einfacherer behalten wurde. Die Toleranz ist in Metern, in jedem Koordinatensystem. Ungültige Umrisse werden repariert, Bögen werden Linien, und Höhen entfallen.</translation>
        </message>
        <message>
            <source>Test-time augmentation</source>
            <translation>Mittelung über Spiegelungen</translation>
        </message>
        <message>
            <source>The Python the environment is made with; with use, the one that runs the engine.</source>
            <translation>Das Python, mit dem die Umgebung angelegt wird; mit use das, in dem die Engine läuft.</translation>
        </message>
        <message>
            <source>The bands have different no-data values; set the same for all bands of the layer.</source>
            <translation>Die Kanäle haben verschiedene Leerwerte; setzen Sie für alle Kanäle des Layers denselben.</translation>
        </message>
        <message>
            <source>The buildings that were drawn.</source>
            <translation>Die gezeichneten Gebäude.</translation>
        </message>
        <message>
            <source>The engine cannot open this layer itself; {} x {} pixels of it are copied first.</source>
            <translation>Die Engine kann diesen Layer nicht selbst öffnen; {} x {} Bildpunkte davon werden zuerst kopiert.</translation>
        </message>
        <message>
            <source>The engine closed its output but did not end; it was ended.</source>
            <translation>Die Engine schloss ihre Ausgabe, endete aber nicht; sie wurde beendet.</translation>
        </message>
        <message>
            <source>The engine ended with exit code {} and without a result.</source>
            <translation>Die Engine endete mit dem Code {} und ohne Ergebnis.</translation>
        </message>
        <message>
            <source>The engine is of another version of this plugin; run Install Engine.</source>
            <translation>Die Engine gehört zu einer anderen Version dieser Erweiterung; führen Sie „Engine installieren“ aus.</translation>
        </message>
        <message>
            <source>The engine is warm.</source>
            <translation>Die Engine ist warm.</translation>
        </message>
        <message>
            <source>The engine that finds the buildings is not installed.</source>
            <translation>Die Engine, die die Gebäude findet, ist nicht installiert.</translation>
        </message>
        <message>
            <source>The engine was ended by signal {}.</source>
            <translation>Die Engine wurde durch das Signal {} beendet.</translation>
        </message>
        <message>
            <source>The engine was installed for another version of this plugin; run Install Engine to renew it.</source>
            <translation>Die Engine wurde für eine andere Version dieser Erweiterung installiert; „Engine installieren“ erneuert sie.</translation>
        </message>
        <message>
            <source>The engine was silent for {:g} seconds and was ended.</source>
            <translation>Die Engine meldete sich {:g} Sekunden lang nicht und wurde beendet.</translation>
        </message>
        <message>
            <source>The engine's Python</source>
            <translation>Das Python der Engine</translation>
        </message>
        <message>
            <source>The engine's result has no layer {}; engine and plugin are of different versions: install again.</source>
            <translation>Das Ergebnis der Engine hat keinen Layer {}; Engine und Erweiterung haben verschiedene Versionen: neu installieren.</translation>
        </message>
        <message>
            <source>The engine's result has no usable {}; engine and plugin are of different versions: install again.</source>
            <translation>Dem Ergebnis der Engine fehlt {} in brauchbarer Form; Engine und Erweiterung haben verschiedene Versionen: neu installieren.</translation>
        </message>
        <message>
            <source>The environment was made, but the engine does not run there: {}.</source>
            <translation>Die Umgebung wurde angelegt, aber die Engine läuft darin nicht: {}.</translation>
        </message>
        <message>
            <source>The extent {} lies outside {}, which covers {} (both in {}); choose one within it.</source>
            <translation>Die Ausdehnung {} liegt außerhalb von {}, das {} umfasst (beide in {}); wählen Sie eine darin.</translation>
        </message>
        <message>
            <source>The folder must hold a wheel of each package in {} for this Python and system.</source>
            <translation>Der Ordner muss von jedem Paket in {} ein Wheel für dieses Python und System enthalten.</translation>
        </message>
        <message>
            <source>The graphics card is not used: run Install Engine with repair, not for the CPU only.</source>
            <translation>Die Grafikkarte wird nicht benutzt: Führen Sie „Engine installieren“ mit repair aus, nicht nur für die CPU.</translation>
        </message>
        <message>
            <source>The heights of the outlines are dropped.</source>
            <translation>Die Höhen der Umrisse entfallen.</translation>
        </message>
        <message>
            <source>The layer could not be copied for the engine: {}.</source>
            <translation>Der Layer konnte nicht für die Engine kopiert werden: {}.</translation>
        </message>
        <message>
            <source>The layer has no pixels of its own (a web map, for example), so the extent to extract must be given.</source>
            <translation>Der Layer hat keine eigenen Bildpunkte (zum Beispiel eine Webkarte), darum muss die Ausdehnung angegeben werden.</translation>
        </message>
        <message>
            <source>The layer must be copied for the engine, and {:,.0f} megapixels are too many; at most {:,} are</source>
            <translation>Der Layer muss für die Engine kopiert werden, und {:,.0f} Megapixel sind zu viele; höchstens {:,} sind</translation>
        </message>
        <message>
            <source>The map server gave no picture of this extent; check the address, the connection and the log of network messages, and whether the map has imagery there.</source>
            <translation>Der Kartenserver lieferte kein Bild dieser Ausdehnung; prüfen Sie die Adresse, die Verbindung und das Protokoll der Netzwerkmeldungen, und ob die Karte dort Bilder hat.</translation>
        </message>
        <message>
            <source>The mask layer has no coordinate system; set it in its properties and run again.</source>
            <translation>Der Maskenlayer hat kein Koordinatensystem; setzen Sie es in seinen Eigenschaften und starten Sie erneut.</translation>
        </message>
        <message>
            <source>The mask layer has no polygon to work on; draw or select some, or leave the mask out.</source>
            <translation>Der Maskenlayer hat kein Polygon; zeichnen oder wählen Sie welche, oder lassen Sie die Maske weg.</translation>
        </message>
        <message>
            <source>The system may have run out of memory; a smaller tile or batch size needs less.</source>
            <translation>Dem System ist vielleicht der Speicher ausgegangen; kleinere Kacheln oder Stapel brauchen weniger.</translation>
        </message>
        <message>
            <source>The tiles go into a folder of this name.</source>
            <translation>Die Kacheln kommen in einen Ordner dieses Namens.</translation>
        </message>
        <message>
            <source>The tiles go into a folder of this name. Default: the image layer's name.</source>
            <translation>Die Kacheln kommen in einen Ordner dieses Namens. Voreinstellung: der Name des Bildlayers.</translation>
        </message>
        <message>
            <source>The variable {} names another Python, which goes first.</source>
            <translation>Die Variable {} nennt ein anderes Python, das vorgeht.</translation>
        </message>
        <message>
            <source>The weights cannot be used: {} Install the plugin again.</source>
            <translation>Die Gewichte sind nicht zu gebrauchen: {} Installieren Sie die Erweiterung neu.</translation>
        </message>
        <message>
            <source>There is no folder {}; make it or choose another place.</source>
            <translation>Es gibt keinen Ordner {}; legen Sie ihn an oder wählen Sie einen anderen Ort.</translation>
        </message>
        <message>
            <source>There is no weights file {}; choose another, or none for the ones of the plugin.</source>
            <translation>Es gibt keine Gewichtedatei {}; wählen Sie eine andere, oder keine für die der Erweiterung.</translation>
        </message>
        <message>
            <source>There is no {}; choose another.</source>
            <translation>{} gibt es nicht; wählen Sie etwas anderes.</translation>
        </message>
        <message>
            <source>There was nothing to remove in {}.</source>
            <translation>In {} war nichts zu entfernen.</translation>
        </message>
        <message>
            <source>Threshold</source>
            <translation>Schwellenwert</translation>
        </message>
        <message>
            <source>Tile size</source>
            <translation>Kachelgröße</translation>
        </message>
        <message>
            <source>Tiles of one image: in one coordinate system, with the same bands.</source>
            <translation>Kacheln eines Bildes: in einem Koordinatensystem, mit denselben Kanälen.</translation>
        </message>
        <message>
            <source>Tolerance</source>
            <translation>Toleranz</translation>
        </message>
        <message>
            <source>Tolerance of outlines</source>
            <translation>Toleranz der Umrisse</translation>
        </message>
        <message>
            <source>Total area of the footprints (m²)</source>
            <translation>Gesamtfläche der Grundrisse (m²)</translation>
        </message>
        <message>
            <source>Training</source>
            <translation>Training</translation>
        </message>
        <message>
            <source>Tries every Python that could run the engine and reports which one is used, why the others are not, the versions of everything, the GPU, and what to do. Paste the report into a bug report.

Run it after installing or removing packages: the answers are remembered until then.</source>
            <translation>Probiert jedes Python, in dem die Engine laufen könnte, und berichtet, welches benutzt wird, warum die anderen nicht, alle Versionen, die GPU und was zu tun ist. Fügen Sie den Bericht einer Fehlermeldung bei.

Führen Sie es aus, nachdem Sie Pakete installiert oder entfernt haben: Bis dahin werden die Antworten behalten.</translation>
        </message>
        <message>
            <source>Turns a building-probability raster, or any mask of buildings, into footprints. Buildings that touch are kept apart where the raster has the interior band that Segment buildings writes.

Without it the first band is read: 0/1 and 0/255 are masks, other 8-bit values probabilities up to 255, floats probabilities from 0 to 1.</source>
            <translation>Macht aus einem Raster der Gebäudewahrscheinlichkeit oder aus einer beliebigen Gebäudemaske Grundrisse. Gebäude, die sich berühren, bleiben getrennt, wenn das Raster den Kanal des Inneren hat, den „Gebäude segmentieren“ schreibt.

Ohne ihn wird der erste Kanal gelesen: 0/1 und 0/255 sind Masken, andere 8-Bit-Werte Wahrscheinlichkeiten bis 255, Kommazahlen Wahrscheinlichkeiten von 0 bis 1.</translation>
        </message>
        <message>
            <source>Weights</source>
            <translation>Gewichte</translation>
        </message>
        <message>
            <source>Weights: {}</source>
            <translation>Gewichte: {}</translation>
        </message>
        <message>
            <source>What is asked for lies outside {}, which covers {} ({}).</source>
            <translation>Das Verlangte liegt außerhalb von {}, das {} umfasst ({}).</translation>
        </message>
        <message>
            <source>What the tiles are for</source>
            <translation>Wofür die Kacheln sind</translation>
        </message>
        <message>
            <source>Where outlines are traced</source>
            <translation>Wo Umrisse verlaufen</translation>
        </message>
        <message>
            <source>Where the environment is kept. Default: in the QGIS profile.</source>
            <translation>Wo die Umgebung liegt. Voreinstellung: im QGIS-Profil.</translation>
        </message>
        <message>
            <source>Where the image cannot be read</source>
            <translation>Wo das Bild nicht lesbar ist</translation>
        </message>
        <message>
            <source>Whether everything is there</source>
            <translation>Ob alles da ist</translation>
        </message>
        <message>
            <source>Which bands are red, green and blue, in this order. </source>
            <translation>Welche Kanäle Rot, Grün und Blau sind, in dieser Reihenfolge. </translation>
        </message>
        <message>
            <source>arithmetic of the network; auto takes half precision where that is faster</source>
            <translation>Zahlenformat des Netzes; auto nimmt halbe Genauigkeit, wo das schneller ist</translation>
        </message>
        <message>
            <source>at least {}</source>
            <translation>mindestens {}</translation>
        </message>
        <message>
            <source>average the network over the 8 flips and quarter turns: slower, slightly better</source>
            <translation>das Netz über die 8 Spiegelungen und Vierteldrehungen mitteln: langsamer, ein wenig besser</translation>
        </message>
        <message>
            <source>bands for the network's inputs, counted from 1, in the order the weights expect; default: the first ones</source>
            <translation>Kanäle für die Eingänge des Netzes, ab 1 gezählt, in der Reihenfolge der Gewichte; Voreinstellung: die ersten</translation>
        </message>
        <message>
            <source>building probability above which a pixel is building; default: the value found best for the weights, else 0.5</source>
            <translation>Gebäudewahrscheinlichkeit, über der ein Bildpunkt Gebäude ist; Voreinstellung: der für die Gewichte beste Wert, sonst 0,5</translation>
        </message>
        <message>
            <source>default: {}</source>
            <translation>Voreinstellung: {}</translation>
        </message>
        <message>
            <source>error {}</source>
            <translation>Fehler {}</translation>
        </message>
        <message>
            <source>footprints less likely to be right are left out; default: the value found best for the weights, else 0</source>
            <translation>Grundrisse, die mit geringerer Wahrscheinlichkeit richtig sind, entfallen; Vorgabe: der für die Gewichte als bester gefundene Wert, sonst 0</translation>
        </message>
        <message>
            <source>from {} to {}</source>
            <translation>von {} bis {}</translation>
        </message>
        <message>
            <source>ground that a pixel of the tiles covers; the bundled weights are made for the default</source>
            <translation>Boden, den ein Bildpunkt der Kacheln bedeckt; die mitgelieferten Gewichte sind für die Voreinstellung gemacht</translation>
        </message>
        <message>
            <source>how far a straightened outline may leave the given one</source>
            <translation>wie weit ein begradigter Umriss vom gegebenen abweichen darf</translation>
        </message>
        <message>
            <source>how far a straightened outline may leave the traced one</source>
            <translation>wie weit ein begradigter Umriss vom verfolgten abweichen darf</translation>
        </message>
        <message>
            <source>how far training trusts the labels; offset: they lie beside the roofs</source>
            <translation>wie weit das Training den Referenzgebäuden traut; offset: sie liegen neben den Dächern</translation>
        </message>
        <message>
            <source>how outlines are straightened</source>
            <translation>wie Umrisse begradigt werden</translation>
        </message>
        <message>
            <source>interior probability above which a pixel starts a building of its own; default: the weights' value, else 0.5</source>
            <translation>Wahrscheinlichkeit des Inneren, über der ein Bildpunkt ein eigenes Gebäude beginnt; Voreinstellung: der Wert der Gewichte, sonst 0,5</translation>
        </message>
        <message>
            <source>it lacks the packages {}</source>
            <translation>ihm fehlen die Pakete {}</translation>
        </message>
        <message>
            <source>just made</source>
            <translation>eben angelegt</translation>
        </message>
        <message>
            <source>largest side of a tile</source>
            <translation>größte Seite einer Kachel</translation>
        </message>
        <message>
            <source>lay no wall at 45 degrees to the others</source>
            <translation>keine Wand in 45 Grad zu den anderen legen</translation>
        </message>
        <message>
            <source>left to the engine</source>
            <translation>der Engine überlassen</translation>
        </message>
        <message>
            <source>let an image file on this machine (a .vrt) name others on the network; only for files you trust</source>
            <translation>eine Bilddatei auf diesem Rechner (eine .vrt) darf andere im Netz nennen; nur für Dateien, denen Sie vertrauen</translation>
        </message>
        <message>
            <source>licence of image and labels</source>
            <translation>Lizenz von Bild und Referenzgebäuden</translation>
        </message>
        <message>
            <source>measure shapes too: distances of outlines, rotation, right angles, overlaps; slower</source>
            <translation>auch Formen messen: Abstände der Umrisse, Verdrehung, rechte Winkel, Überlappungen; langsamer</translation>
        </message>
        <message>
            <source>named</source>
            <translation>genannt</translation>
        </message>
        <message>
            <source>no NVIDIA driver found</source>
            <translation>kein NVIDIA-Treiber gefunden</translation>
        </message>
        <message>
            <source>nvidia-smi fails: {}</source>
            <translation>nvidia-smi schlägt fehl: {}</translation>
        </message>
        <message>
            <source>one of: {}</source>
            <translation>eines von: {}</translation>
        </message>
        <message>
            <source>optional</source>
            <translation>optional</translation>
        </message>
        <message>
            <source>or in the variable {}.</source>
            <translation>oder in der Variablen {}.</translation>
        </message>
        <message>
            <source>overlap (intersection over union) from which a footprint counts as found</source>
            <translation>Überlappung (Schnitt durch Vereinigung), ab der ein Grundriss als gefunden gilt</translation>
        </message>
        <message>
            <source>overlap with the given outline (intersection over union) that a result must keep, or it stays simpler</source>
            <translation>Überlappung mit dem gegebenen Umriss (Schnitt durch Vereinigung), die ein Ergebnis behalten muss, sonst bleibt es einfacher</translation>
        </message>
        <message>
            <source>pixel size the image is read at; default: its own where the weights know buildings at that size, else the nearest size they know. Larger is faster and coarser, smaller shows the network larger buildings; of use where buildings are unusually large or small</source>
            <translation>Pixelgröße, in der das Bild gelesen wird; Vorgabe: seine eigene, wo die Gewichte Gebäude in dieser Größe kennen, sonst die nächste, die sie kennen. Größer ist schneller und gröber, kleiner zeigt dem Netz größere Gebäude; von Nutzen, wo Gebäude ungewöhnlich groß oder klein sind</translation>
        </message>
        <message>
            <source>polygons smaller than this are left out of both sides; default: none is</source>
            <translation>kleinere Polygone werden auf beiden Seiten weggelassen; Voreinstellung: keine</translation>
        </message>
        <message>
            <source>possible: give a smaller extent.</source>
            <translation>möglich: Geben Sie eine kleinere Ausdehnung an.</translation>
        </message>
        <message>
            <source>shortest wall kept; default: the tolerance</source>
            <translation>kürzeste Wand, die bleibt; Voreinstellung: die Toleranz</translation>
        </message>
        <message>
            <source>side of the tiles the network sees; all of a raster are about equal, so in a small one up to half larger</source>
            <translation>Seite der Kacheln, die das Netz sieht; alle eines Rasters sind etwa gleich groß, in einem kleinen also bis um die Hälfte größer</translation>
        </message>
        <message>
            <source>simplify straightens walls; rectangular also turns them to their building's right angles</source>
            <translation>simplify begradigt Wände; rectangular dreht sie auch in die rechten Winkel ihres Gebäudes</translation>
        </message>
        <message>
            <source>smallest courtyard kept as a hole</source>
            <translation>kleinster Innenhof, der als Loch bleibt</translation>
        </message>
        <message>
            <source>smallest footprint kept; default: the value found best for the weights, else 10 m²</source>
            <translation>kleinster Grundriss, der bleibt; Voreinstellung: der für die Gewichte beste Wert, sonst 10 m²</translation>
        </message>
        <message>
            <source>the environment of this QGIS profile</source>
            <translation>die Umgebung dieses QGIS-Profils</translation>
        </message>
        <message>
            <source>the setting {}</source>
            <translation>die Einstellung {}</translation>
        </message>
        <message>
            <source>the variable {}</source>
            <translation>die Variable {}</translation>
        </message>
        <message>
            <source>there is no such file</source>
            <translation>diese Datei gibt es nicht</translation>
        </message>
        <message>
            <source>those of the plugin</source>
            <translation>die der Erweiterung</translation>
        </message>
        <message>
            <source>tiles in one pass of the network on a GPU, halved when that runs out of memory; a CPU takes one at a time</source>
            <translation>Kacheln in einem Durchlauf des Netzes auf einer GPU, halbiert, wenn deren Speicher nicht reicht; eine CPU nimmt eine nach der anderen</translation>
        </message>
        <message>
            <source>touching parts are one building if the interior probability along their common line is at least this share of the weaker part's, or less for small parts; none are at 4; default: the weights' value, else 0.9</source>
            <translation>Teile, die sich berühren, sind ein Gebäude, wenn die Innenwahrscheinlichkeit entlang ihrer gemeinsamen Linie mindestens diesen Anteil der des schwächeren Teils hat, bei kleinen Teilen weniger; bei 4 sind es keine; Vorgabe: der Wert der Gewichte, sonst 0.9</translation>
        </message>
        <message>
            <source>under Advanced Parameters</source>
            <translation>unter „Erweiterte Parameter“</translation>
        </message>
        <message>
            <source>unknown</source>
            <translation>unbekannt</translation>
        </message>
        <message>
            <source>uv could not be had; pip is used in its place.</source>
            <translation>uv war nicht zu bekommen; stattdessen wird pip benutzt.</translation>
        </message>
        <message>
            <source>what happens where the image cannot be read: refuse ends the run and says where; skip leaves such blocks out, as ground that is not there, and warns</source>
            <translation>was geschieht, wo das Bild nicht lesbar ist: refuse beendet den Lauf und sagt, wo; skip lässt solche Blöcke aus, als nicht vorhandenen Boden, und warnt</translation>
        </message>
        <message>
            <source>what the tiles are for</source>
            <translation>wofür die Kacheln sind: Training, Validierung oder Test</translation>
        </message>
        <message>
            <source>where outlines are traced: contour is between pixels, where probability crosses the threshold; pixels is along their edges</source>
            <translation>wo Umrisse verlaufen: contour zwischen den Bildpunkten, wo die Wahrscheinlichkeit den Schwellenwert kreuzt; pixels entlang ihrer Kanten</translation>
        </message>
        <message>
            <source>where the network runs; auto takes CUDA, then MPS, then the CPU</source>
            <translation>wo das Netz läuft; auto nimmt CUDA, dann MPS, dann die CPU</translation>
        </message>
        <message>
            <source>whom to name wherever the tiles are shown</source>
            <translation>wer zu nennen ist, wo immer die Kacheln gezeigt werden</translation>
        </message>
        <message>
            <source>whose rule is followed to the letter</source>
            <translation>wessen Regel wörtlich befolgt wird</translation>
        </message>
        <message>
            <source>width of the band in which neighbouring tiles are blended</source>
            <translation>Breite des Streifens, in dem benachbarte Kacheln ineinander übergehen</translation>
        </message>
        <message>
            <source>works</source>
            <translation>funktioniert</translation>
        </message>
        <message>
            <source>{:.1%} of the picture are tiles of one colour; the map has no imagery there, or not at this scale.</source>
            <translation>{:.1%} des Bildes sind einfarbige Kacheln; die Karte hat dort keine Bilder, oder nicht in diesem Maßstab.</translation>
        </message>
        <message>
            <source>{:.1%} of the picture did not come from the map server; nothing is found there. Try again later.</source>
            <translation>{:.1%} des Bildes kamen nicht vom Kartenserver; dort wird nichts gefunden. Versuchen Sie es später erneut.</translation>
        </message>
        <message>
            <source>{:.1f} GiB</source>
            <translation>{:.1f} GiB</translation>
        </message>
        <message>
            <source>{:.1f} GiB free</source>
            <translation>{:.1f} GiB frei</translation>
        </message>
        <message>
            <source>{} (left to the engine)</source>
            <translation>{} (der Engine überlassen)</translation>
        </message>
        <message>
            <source>{} cannot be made ({}); choose another folder.</source>
            <translation>{} kann nicht angelegt werden ({}); wählen Sie einen anderen Ordner.</translation>
        </message>
        <message>
            <source>{} cannot be moved or removed ({}); close other QGIS windows and run again.</source>
            <translation>{} kann nicht verschoben oder entfernt werden ({}); schließen Sie andere QGIS-Fenster und starten Sie erneut.</translation>
        </message>
        <message>
            <source>{} cannot be read; install the plugin again.</source>
            <translation>{} kann nicht gelesen werden; installieren Sie die Erweiterung neu.</translation>
        </message>
        <message>
            <source>{} cannot be started: {}.</source>
            <translation>{} kann nicht gestartet werden: {}.</translation>
        </message>
        <message>
            <source>{} cannot be written ({}); close it where it is open, or choose another place.</source>
            <translation>{} kann nicht geschrieben werden ({}); schließen Sie es, wo es offen ist, oder wählen Sie einen anderen Ort.</translation>
        </message>
        <message>
            <source>{} cannot run the engine: {}.</source>
            <translation>In {} kann die Engine nicht laufen: {}.</translation>
        </message>
        <message>
            <source>{} compared with the ground truth {}</source>
            <translation>{} verglichen mit der Referenz {}</translation>
        </message>
        <message>
            <source>{} could not be written to its end: is the disk full?</source>
            <translation>{} konnte nicht bis zum Ende geschrieben werden: Ist der Datenträger voll?</translation>
        </message>
        <message>
            <source>{} could not be written: {}</source>
            <translation>{} konnte nicht geschrieben werden: {}</translation>
        </message>
        <message>
            <source>{} failed and said:</source>
            <translation>{} schlug fehl und meldete:</translation>
        </message>
        <message>
            <source>{} has no coordinate system; set it in the layer's properties and run again.</source>
            <translation>{} hat kein Koordinatensystem; setzen Sie es in den Eigenschaften des Layers und starten Sie erneut.</translation>
        </message>
        <message>
            <source>{} has no coordinate system; set it in the layer's properties, tab Source, and run again.</source>
            <translation>{} hat kein Koordinatensystem; setzen Sie es in den Eigenschaften des Layers, Reiter Quelle, und starten Sie erneut.</translation>
        </message>
        <message>
            <source>{} is there already; choose another name for the place, or delete it.</source>
            <translation>{} gibt es schon; wählen Sie einen anderen Namen für den Ort, oder löschen Sie es.</translation>
        </message>
        <message>
            <source>{} of Building Footprints {}, {}</source>
            <translation>{} von Building Footprints {}, {}</translation>
        </message>
        <message>
            <source>{} x {} pixels (about {} tiles) are fetched from a map server.</source>
            <translation>{} x {} Bildpunkte (etwa {} Kacheln) werden von einem Kartenserver geholt.</translation>
        </message>
    </context>
</TS>
