"""Batches in and out of Kafka: transport, commits, held lanes, publisher, topics, lag.

Nothing here knows what a record holds. What relies on internals of Faust is in privates.py.
"""
