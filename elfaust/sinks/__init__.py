"""Stores of events: the buffer that sinks share, mysql and parquet. Workers are not known here."""
