"""Words for people: what is wrong, what to change, and what servers say by HTTP."""
