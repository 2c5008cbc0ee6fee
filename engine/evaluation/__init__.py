"""Evaluates results: intervals, paired tests, baselines, calibration, audits and sanity checks."""
