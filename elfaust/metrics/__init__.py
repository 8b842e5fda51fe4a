"""What a process counts, and how Prometheus reads it.

One table of metrics (table.py), their values (values.py), the text at `/metrics` (exposition.py).
"""
