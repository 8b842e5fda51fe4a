"""How the audit reads tables: by a reading of its own, which shares no code with what writes."""
