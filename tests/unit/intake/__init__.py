"""Tests of elfaust/intake; `requests` plays clients and Kafka."""
