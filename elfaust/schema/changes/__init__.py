"""What differs between two revisions of a schema, and whether that breaks anybody."""
