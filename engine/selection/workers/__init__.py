"""Where a selection trains its folds: in this process, in worker processes, or on a Dask cluster.

Work is a callable that takes a task and returns a generator of messages; the generator's return value is the
task's outcome. The work is sent to every worker once; tasks and messages are small. If a worker dies, its current
task is tried again; nothing else is lost.

Each kind of workers is a context manager that yields a ``Team``: a function that works on tasks and reports on
them, and may be called repeatedly. The workers persist between calls and end with the block.
"""
