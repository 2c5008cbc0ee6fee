"""The sanity ladder: short trials that test whether an experiment learns what it should, and nothing else."""
