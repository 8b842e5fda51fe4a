"""faust.conf, its profiles and the environment: typed, checked, each value with its origin."""

from elfaust.settings.apart import state_folder
from elfaust.settings.flow import CODECS, Forwarder, Kafka, Processor, Schemas
from elfaust.settings.machines import Stack, Web
from elfaust.settings.stores import Hdfs, Mysql
from elfaust.settings.table import SECTIONS, Settings, as_environ, load, of_profile
from elfaust.settings.values import MAX_PORT, PROFILES

__all__ = [
    "CODECS",
    "MAX_PORT",
    "PROFILES",
    "SECTIONS",
    "Forwarder",
    "Hdfs",
    "Kafka",
    "Mysql",
    "Processor",
    "Schemas",
    "Settings",
    "Stack",
    "Web",
    "as_environ",
    "load",
    "of_profile",
    "state_folder",
]
