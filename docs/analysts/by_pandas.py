"""A notebook's cells: edits by hour as a data frame. Works beside Hive, and without it."""

import subprocess

import pandas as pd

QUESTION = """
    SELECT event_time, wiki, event.savetiming AS milliseconds
    FROM savetiming
    WHERE year >= 2015
"""

# `elfaust query` asks Hive if hive.host is set, and the Parquet files if not.
answer = subprocess.Popen(
    ["elfaust", "query", "--csv", QUESTION], stdout=subprocess.PIPE, text=True
)
# Some times have a fraction of a second, others have none.
frame = pd.read_csv(answer.stdout, parse_dates=["event_time"], date_format="ISO8601")
if answer.wait() != 0:
    raise SystemExit(answer.returncode)

by_hour = frame.groupby([frame["event_time"].dt.floor("h"), "wiki"])["milliseconds"]
print(by_hour.describe(percentiles=[0.5, 0.95]).to_string())
