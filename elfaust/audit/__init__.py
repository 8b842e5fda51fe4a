"""Whether all events are there: the account adds them up, the audit looks at each of them.

How a store is read is in elfaust/sinks (`Store.stored`, `Store.read`).
"""
