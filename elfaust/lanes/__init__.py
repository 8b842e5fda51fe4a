"""The lanes of raw lines that a processor has: what is published, what waits, what is noted.

Verdicts come from events, and transport from delivery; nothing here speaks to Kafka itself.
"""
