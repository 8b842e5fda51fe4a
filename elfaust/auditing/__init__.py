"""What an audit is made of; elfaust/audit.py puts it together.

It reads events, rows and files in a way of its own: of the sinks' code it takes where a place lies
(a column's name, path and type, a file's name), never how they make the value that stands there.
"""
