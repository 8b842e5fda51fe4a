"""elfaust's own processor as a peer: of another environment, as one with the compiled judge.

`PYTHON -m tests.bench.peers.elfaust_worker`, where PYTHON is that of the environment; the settings
come as environment, so that `env ELFAUST_PROCESSOR_JUDGE=python` before it makes it another.
"""

from __future__ import annotations

import os
import time
from threading import Thread

from elfaust.commands import main as elfaust
from elfaust.settings import load
from elfaust.trial.contenders import TAKING
from elfaust.workers.state import alive
from elfaust.workers.supervised import end_with

#: Seconds between two looks at whether it has its lanes.
LOOK_SECONDS = 0.02


def main() -> None:
    """Go on until the process is killed."""
    # The bench that started it may be killed.
    end_with(os.getppid(), 0.0)
    Thread(target=_tell, daemon=True).start()
    elfaust(["worker", "processor"])


def _tell() -> None:
    settings = load()
    while not any(worker.ready for worker in alive(settings)):
        time.sleep(LOOK_SECONDS)
    print(TAKING, flush=True)


if __name__ == "__main__":
    main()
