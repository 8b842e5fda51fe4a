"""Where tables and partitions lie: paths of one file system, which Hive names before each.

The metastore puts its own file system before a path, as `hdfs://host:9000`; elfaust knows the same
one by WebHDFS. So it is taken from what most tables have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from posixpath import normpath
from urllib.parse import urlsplit

from elfaust.settings import Settings

#: Schemes of file systems that WebHDFS serves.
SCHEMES = ("hdfs", "viewfs", "webhdfs", "swebhdfs", "ofs", "o3fs")
LOCAL = "file://"
#: NameNode's port where a location has none.
PORT = ":8020"


def path_of(location: str) -> str:
    """Return the path of a location, `hdfs://host:9000/a/b` or `file:/a/b`, as `/a/b`."""
    return normpath(urlsplit(location).path or "/")


def home_of(location: str) -> str:
    """Return the file system of a location, as `hdfs://host:9000` or `file://`, "" for a path."""
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(PORT)}" if parts.scheme else ""


def is_at(location: str, path: str, home: str) -> bool:
    """Tell whether a location is a path of a file system; "" is one that nobody knows."""
    return path_of(location) == path_of(path) and has_home(location, home)


def has_home(location: str, home: str) -> bool:
    """Tell whether a location is in a file system; where nobody knows it, whether it may be."""
    return home_of(location) in ("", home) if home else home_of(location) != LOCAL


def common_home(settings: Settings, locations: Iterable[str]) -> str:
    """Return the file system that most locations have, "" where none is one of WebHDFS."""
    if settings.hdfs.storage == "local":
        return LOCAL
    host = urlsplit(settings.hdfs.url).hostname or ""
    homes = Counter(map(home_of, locations))
    possible = [home for home in homes if home.partition(":")[0] in SCHEMES]
    # Of as many the one on WebHDFS's own host.
    return max(possible, key=lambda of: (homes[of], urlsplit(of).hostname == host, of), default="")
