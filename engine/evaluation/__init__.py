"""What results are worth: intervals, paired tests, baselines, calibration, audits and sanity checks."""
