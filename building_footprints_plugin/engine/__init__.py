"""The engine: raster in, building footprints out, without QGIS.

It runs in its own Python process (`python -m building_footprints_plugin.engine`); nothing here imports QGIS,
the rest of the plugin or `training`.
"""
