"""A worker that is killed exactly after a step: `python -m tests.chaos.worker worker ROLE ...`.

ELFAUST_TEST_STEPS names steps, comma separated, and ELFAUST_TEST_FLAGS a folder. When a step of the
role has been done for the second time a file of its name is made there and the process kills
itself; with the file there it runs on.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from elfaust.commands import main

#: Step: the role, and the function after which it is done.
STEPS = {
    "poll": ("processor", "elfaust.delivery.transport:Consumer._batch_message"),
    "validate": ("processor", "elfaust.events.verdict:Judge.check"),
    "produce": ("processor", "elfaust.delivery.publisher:Publisher.publish_lots"),
    "offset commit": ("processor", "elfaust.delivery.transport:Consumer._commit_lanes"),
    "insert": ("mysql", "elfaust.sinks.mysql.sink:MysqlSink._insert"),
    "commit": ("mysql", "elfaust.sinks.mysql.sink:MysqlSink.write"),
    "offset commit after rows": ("mysql", "elfaust.delivery.transport:Consumer._commit_lanes"),
    "temporary file": ("hdfs", "elfaust.storage.webhdfs:WebHdfsStorage.write"),
    "commit file": ("hdfs", "elfaust.sinks.parquet.commits:CommitLog._make"),
    "rename": ("hdfs", "elfaust.sinks.parquet.commits:CommitLog._moved"),
    "offset commit after files": ("hdfs", "elfaust.delivery.transport:Consumer._commit_lanes"),
    "changelog write": ("throughput", "elfaust.counts.table:CountsTable.written"),
}


def kill_after(path: str, flag: Path) -> None:
    """Make this process kill itself when a function has returned for the second time."""
    module, _, name = path.partition(":")
    owner_name, _, attribute = name.partition(".")
    owner = getattr(importlib.import_module(module), owner_name)
    done: Callable[..., Any] = getattr(owner, attribute)
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    @functools.wraps(done)
    async def awaited(*args: Any, **kwargs: Any) -> Any:
        result = await done(*args, **kwargs)
        count()
        return result

    @functools.wraps(done)
    def called(*args: Any, **kwargs: Any) -> Any:
        result = done(*args, **kwargs)
        count()
        return result

    setattr(owner, attribute, awaited if inspect.iscoroutinefunction(done) else called)


if __name__ == "__main__":
    import sys

    for step in os.environ["ELFAUST_TEST_STEPS"].split(","):
        role, function = STEPS[step]
        flag_file = Path(os.environ["ELFAUST_TEST_FLAGS"]) / step
        if sys.argv[2] == role and not flag_file.exists():
            kill_after(function, flag_file)
    main()
