"""What stores must hold of an event: read from the table of rules in docs/reference.md alone.

Nothing of elfaust is imported here: what elfaust stores is compared with this.
"""
