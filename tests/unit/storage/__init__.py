"""Tests of elfaust/storage that need no HDFS; tests/integration/test_storage.py has one."""
