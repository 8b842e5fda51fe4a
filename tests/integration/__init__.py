"""Tests on real Kafka, MariaDB and HDFS, without faults of servers; those are in tests/chaos."""
