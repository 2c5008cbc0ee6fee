"""Where a selection trains its folds: in this process, in worker processes, or on a Dask cluster.

Work is a callable that makes a generator of messages from a task; what the generator returns is the task's
outcome. It is handed to every worker once; tasks and messages are small. A worker that dies costs the task it was
at another try, and nothing else.

Each way of working is a context manager that gives a ``Team``: a function that works on tasks and reports on them,
to be called as often as there are tasks. The workers stay from call to call, and end with the block.
"""
