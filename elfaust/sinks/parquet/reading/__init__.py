"""How the audit reads files: by a reading of its own, which shares no code with what writes."""
