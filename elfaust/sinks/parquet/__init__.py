"""Events to Parquet files: types from schemas, flushes of several files made one step."""
