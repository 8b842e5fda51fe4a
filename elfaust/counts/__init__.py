"""How many events and errors there are by schema revision, minute and hour, exact under repeats.

The table is kept by agents/throughput.py, and pages that show it are in web.
"""
