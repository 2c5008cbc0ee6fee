"""Where a selection trains its folds: in this process, in worker processes, or on a Dask cluster.

Work is a callable that makes a generator of messages from a task; what the generator returns is the task's
outcome. It is handed to every worker once; tasks and messages are small. A worker that dies costs the task it was
at another try, and nothing else. Closing the generator of reports stops all workers.
"""
