"""What a schema decides: finding it, validating by it, the columns and types that it gives.

Nothing here reads raw lines or writes to a store.
"""
