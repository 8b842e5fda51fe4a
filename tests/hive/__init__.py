"""Tests on a real metastore and HiveServer2; all but a smoke test are of `make hive` alone."""
