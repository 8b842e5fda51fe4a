"""The account (does everything add up?) and the audit (is every event there, once, the same?).

Both only read. What a sink writes, and how, is in sinks.
"""
