"""Tests of elfaust/devstack, with servers of a few lines in place of Kafka, HDFS and MariaDB."""
