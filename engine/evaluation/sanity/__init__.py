"""The sanity ladder: short trials of whether an experiment learns what it should, and nothing else."""
