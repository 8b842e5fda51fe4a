"""The page of counts and its JSON; the counting itself is in elfaust/counts."""
