"""`elfaust dev`: intake, verdicts and view in one process that needs no server."""
