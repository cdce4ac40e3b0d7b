"""The report of a comparison: one HTML file that needs nothing else, to read and to mail."""

from .page import render, write_report

__all__ = ["render", "write_report"]
