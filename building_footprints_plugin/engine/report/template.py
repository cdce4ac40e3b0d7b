"""The page around a report's figures and drawings."""

from string import Template

STYLE = """
:root { color-scheme: light }
* { box-sizing: border-box }
body { margin: 0; background: #f3f5f7; color: #1d2733; font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto,
  "Helvetica Neue", Arial, "Noto Sans", sans-serif }
main { max-width: 1060px; margin: 0 auto; padding: 36px 24px 48px }
h1 { margin: 0; font-size: 28px; letter-spacing: -.01em }
h2 { margin: 0 0 12px; font-size: 17px }
.sub { margin: 4px 0 22px; color: #55606d; overflow-wrap: anywhere }
.lead { margin: 18px 0 22px; font-size: 17px }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px }
.card, section { background: #fff; border: 1px solid #e0e5ea; border-radius: 8px }
.card { padding: 14px 16px }
.card b { display: block; font-size: 28px; line-height: 1.2; font-variant-numeric: tabular-nums }
.card:first-child { background: #1d2733; border-color: #1d2733; color: #fff }
.card:first-child small { color: #c3cbd4 }
.card small { color: #6b7785 }
section { padding: 20px 22px; margin-top: 16px; break-inside: avoid }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 16px }
.pair section { min-width: 0 }
svg { display: block; width: 100%; height: auto; font-family: inherit }
.map { max-height: 760px; background: #fafbfc; border: 1px solid #e0e5ea; border-radius: 4px }
.legend { display: flex; flex-wrap: wrap; gap: 6px 22px; margin: 10px 0 0; font-size: 13.5px }
.legend i { display: inline-block; width: 14px; height: 14px; margin-right: 6px; vertical-align: -2px;
  border-radius: 2px }
.legend i + i { margin-left: -6px }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(230px, 1fr)); gap: 14px }
figure { margin: 0 } figcaption { margin-top: 4px; font-size: 12.5px; overflow-wrap: anywhere }
.small { margin: 10px 0 0; font-size: 13.5px; color: #55606d }
.none { margin: 0; padding: 26px; text-align: center; color: #6b7785; background: #fafbfc; border: 1px dashed #cfd6dd;
  border-radius: 4px }
table { width: 100%; border-collapse: collapse; font-size: 14px }
th, td { padding: 7px 10px 7px 0; text-align: left; vertical-align: top; border-top: 1px solid #eceff2 }
tr:first-child > * { border-top: 0 }
th { font-weight: 600; white-space: nowrap }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 22px }
thead th { color: #55606d; font-weight: 500 }
td { overflow-wrap: anywhere }
.warn { border-color: #e6c77a; background: #fffaed }
.warn ul { margin: 0; padding-left: 20px }
footer { margin-top: 22px; color: #6b7785; font-size: 13px }
@media (max-width: 760px) { .pair { grid-template-columns: 1fr; gap: 0 } th, td.n { white-space: normal }
  td.n { padding-right: 10px } }
@media print { body { background: #fff } main { max-width: none; padding: 0 } }
"""

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Building Footprints $version">
<title>Footprint score: F1 $f1</title>
<style>$style</style>
</head>
<body>
<main>
<h1>Footprint score</h1>
<p class="sub">$subtitle</p>
<div class="cards">$cards</div>
<p class="lead">$summary</p>
$warnings
<section><h2>Where it is right, wrong and missed</h2>$map</section>
<div class="pair">
<section><h2>Precision and recall</h2>$curve</section>
<section><h2>F1 at stricter overlaps</h2>$sweep<p class="small">$sweep_text</p></section>
</div>
<div class="pair">
<section><h2>How well buildings are covered</h2>$histogram<p class="small">$histogram_text</p></section>
<section><h2>Recall by building size</h2>$sizes<p class="small">$sizes_text</p></section>
</div>
<section><h2>All figures</h2>$figures</section>
$shapes
$areas
<section><h2>How it was compared</h2>$parameters</section>
<footer>Building Footprints $version · $date</footer>
</main>
</body>
</html>
""")
