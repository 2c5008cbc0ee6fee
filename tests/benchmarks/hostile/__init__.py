"""Hostile input by the thousand: settings files, tables, run stores and archives that are wrong in every way."""
