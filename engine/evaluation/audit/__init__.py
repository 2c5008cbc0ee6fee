"""The audit of a data set: duplicates, conflicts, suspicious labels, and drift between its splits."""
