"""Hive: tables, views and partitions over the Parquet files, made and kept from the schemas."""
