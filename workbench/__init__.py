"""The terminal workbench: screens and commands over :mod:`engine`; it trains nothing itself."""
