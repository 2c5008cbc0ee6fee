"""Files of data -> tables, texts and arrays: a module for each format, none of which trusts what it reads."""

from engine.datasets.readers.formats import read

__all__ = ["read"]
