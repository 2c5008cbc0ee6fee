"""The terminal workbench: screens and commands on top of :mod:`engine`, which does the training."""
