"""Kafka, HDFS and MariaDB on this machine, to try and test elfaust; the workers are not here."""
