"""Stores of events: what a sink is, the buffer, MySQL, Parquet, JSON lines; no workers here."""
