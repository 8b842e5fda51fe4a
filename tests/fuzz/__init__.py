"""Random schemas, lines and records on the whole way of the data, in one process."""
