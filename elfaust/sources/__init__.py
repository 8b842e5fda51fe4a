"""Where raw lines come from, and how they get from there into Kafka; no line is judged here."""
