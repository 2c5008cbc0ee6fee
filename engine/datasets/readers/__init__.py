"""Readers of tables, texts and arrays: a module for each format. The content of files is never trusted."""

from engine.datasets.readers.formats import read

__all__ = ["read"]
