"""What tests of sinks and of agents build on: records, a sink in memory, the contract of a sink."""

from elfaust.testing.contract import Place, SinkContract, uuid_of
from elfaust.testing.memory import MemorySink
from elfaust.testing.records import make_events, make_record, write

__all__ = [
    "MemorySink",
    "Place",
    "SinkContract",
    "make_events",
    "make_record",
    "uuid_of",
    "write",
]
