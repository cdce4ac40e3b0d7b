"""The bridge: finds the Python that runs the engine, starts it, and turns its lines into Processing feedback.

PyQGIS and the standard library only: QGIS never loads torch, rasterio, shapely or numpy for this plugin.
"""
