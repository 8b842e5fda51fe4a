"""Prints the events of a wiki that name a template. Arguments: host, port, database, wiki."""

import json
import sys

from pyhive import hive
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport

host, port, database, wiki = sys.argv[1:]
# PyHive itself has no time-out: a HiveServer2 that hangs would be waited for without end.
socket = TSocket(host, int(port))
socket.setTimeout(60_000)
connection = hive.Connection(
    thrift_transport=TBufferedTransport(socket),
    username="analyst",
    database=database,
    # Columns are called `uuid`, and not `templatewizard.uuid`.
    configuration={"hive.resultset.use.unique.column.names": "false"},
)
cursor = connection.cursor()
cursor.execute(
    "SELECT uuid, event_time, event FROM templatewizard"
    " WHERE year >= 2015 AND wiki = %s AND size(event.template_names) > 0 ORDER BY uuid",
    (wiki,),
)
names = [name for name, *_ in cursor.description]
for row in cursor.fetchall():
    values = dict(zip(names, row, strict=True))
    # PyHive gives structs, arrays and maps as JSON text.
    event = json.loads(values["event"])
    print(values["uuid"], values["event_time"], ", ".join(event["template_names"]), sep="\t")
connection.close()
