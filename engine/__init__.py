"""Trains small networks; knows nothing of terminals."""
