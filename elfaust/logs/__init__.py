"""What a worker logs: its format, what is masked, how much of it there is, and its file.

`Log` (worker_log.py) is installed by the worker's process; everybody else only calls `logging`.
"""
