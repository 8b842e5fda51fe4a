"""Questions in SQL about what is stored: by Hive, or by DuckDB over the same Parquet files."""
