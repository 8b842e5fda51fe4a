"""Lines of all kinds for a campaign, each with what may become of it.

Valid and invalid lines over all recorded schemas, hostile and damaged ones, and lines of schemas
that appear in the wiki only while the campaign runs.
"""

from __future__ import annotations

import itertools
import json
import random
import shutil
import time
from pathlib import Path

from elfaust.records import SchemaKey
from elfaust.trial.recorded import cases
from tests.chaos.book import ANY, EVENT, UNRESOLVED, Line
from tests.fuzz.opened import opened
from tests.fuzz.records import Sent, capsule, damaged, line
from tests.fuzz.schemas import REAL, Writer
from tests.integration import hostile_inputs

#: Of a hundred lines so many are of each kind; the others are valid ones of recorded schemas.
INVALID, HOSTILE, DAMAGED, TOLD, NEW, MADE_UP = 5, 2, 3, 6, 6, 1
#: How many recorded schemas only the wiki has.
ONLY_WIKI = 5
#: Schemas whose lines come at the same time: HDFS gets a file for each of them and each lane.
TOGETHER = 8


class Schemas:
    """The folder of a campaign's schemas, and its wiki, which gets new ones."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self._wiki = folder / "schemas", folder / "wiki"
        self._of = random.Random(f"{seed} schemas")
        shutil.copytree(REAL, self.folder)
        keys = sorted({line.key for line in cases()[0] if line.kind == "client"})
        self.told = frozenset(keys[-ONLY_WIKI:])
        for key in self.told:
            file = f"{key.schema}/{key.revision}.json"
            (self._wiki / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.folder / file, self._wiki / file)
        for name, schema in hostile_inputs.SCHEMAS.items():
            _put(self.folder, name, schema)
        self.made: list[Sent] = []

    def make(self) -> None:
        """Have one more schema in the wiki."""
        schema = opened(Writer(self._of).event(), self._of)
        made = Sent(f"Made{len(self.made)}", 1, schema)
        _put(self._wiki, made.name, schema)
        self.made.append(made)


def _put(folder: Path, name: str, schema: object) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    temporary = folder / name / "1.tmp"
    temporary.write_text(json.dumps(schema))
    temporary.rename(folder / name / "1.json")


class Lines:
    """Makes lines without end; the seed decides which come when, but for new schemas' moments."""

    def __init__(self, schemas: Schemas, seed: int, start: int) -> None:
        self._schemas = schemas
        self._of = random.Random(f"{seed} lines")
        self._numbers = itertools.count(start)
        valid, self._invalid = cases()
        self._valid: dict[SchemaKey, list[object]] = {}
        for one in valid:
            self._valid.setdefault(one.key, []).append(one)
        self._known = sorted(self._valid.keys() - schemas.told)
        self._turn: list[SchemaKey] = []
        self._hostile = [
            one
            for one in hostile_inputs.HOSTILE
            # No headers that name a position: lines after it would count as repeats of it.
            if not one.headers and len(one.line) < 100_000 and not one.name.startswith("time ")
        ]

    def turn(self) -> None:
        """Take other schemas for the next lines."""
        self._turn = self._of.sample(self._known, TOGETHER)

    def chunk(self, count: int) -> list[Line]:
        """Return some lines."""
        return [self._one() for _ in range(count)]

    def of_kind(self, kind: str, count: int) -> list[Line]:
        """Return valid lines of one kind, and of schemas that are in the folder."""
        keys = [k for k in self._known if any(v.kind == kind for v in self._valid[k])]  # type: ignore[attr-defined]
        found: list[Line] = []
        while len(found) < count:
            one = self._recorded(self._of.choice(keys))
            if one.kind == kind and b"\n" not in one.line and b"\r" not in one.line:
                found.append(one)
        return found

    def _one(self) -> Line:
        lot = self._of.randrange(100)
        for percent, make in (
            (INVALID, self._refused),
            (HOSTILE, self._of_hostile),
            (DAMAGED, self._damaged),
            (TOLD, self._told),
            (NEW, self._new),
            (MADE_UP, self._made_up),
        ):
            if (lot := lot - percent) < 0:
                return make()
        return self._recorded(self._of.choice(self._turn))

    def _recorded(self, key: SchemaKey) -> Line:
        one = self._of.choice(self._valid[key])
        moment = time.strftime("\t%Y-%m-%dT%H:%M:%S\t", time.gmtime()).encode()
        after = one.after.replace(b"\t@\t", moment, 1)  # type: ignore[attr-defined]
        text = b"%s%d%s" % (one.before, next(self._numbers), after)  # type: ignore[attr-defined]
        return Line(one.kind, text, frozenset({EVENT}))  # type: ignore[attr-defined]

    def _told(self) -> Line:
        key = self._of.choice(sorted(self._schemas.told))
        return self._recorded(key)._replace(may=frozenset({EVENT, UNRESOLVED}))

    def _refused(self) -> Line:
        one = self._of.choice(self._invalid)
        return Line(one.kind, one.line, frozenset({one.code, UNRESOLVED}))

    def _of_hostile(self) -> Line:
        one = self._of.choice(self._hostile)
        text = one.line.replace(b"@seq@", b"%d" % next(self._numbers))
        may = frozenset({one.code or EVENT, UNRESOLVED})
        return Line("server" if one.is_server else "client", text, may)

    def _damaged(self) -> Line:
        one = self._recorded(self._of.choice(self._turn))
        return Line(one.kind, damaged(one.line, self._of), ANY)

    def _new(self) -> Line:
        made = self._schemas.made
        if not made:
            return self._refused()
        # The newest are the most wanted.
        sent = made[max(0, len(made) - 1 - int(self._of.expovariate(0.5)))]
        text = line("client", "2018", next(self._numbers), capsule(sent, self._of), self._of)
        return Line("client", text, ANY)

    def _made_up(self) -> Line:
        name = f"Nobody{self._of.randrange(300)}Has"
        given = {"recvFrom": "mw1", "timestamp": 1_600_000_000, "wiki": "w", "webHost": "w"}
        text = json.dumps({"schema": name, "revision": 1, "event": {}, **given})
        text = text.replace(" ", "")
        return Line(
            "server",
            b"%d EventLogging %s" % (next(self._numbers), text.encode()),
            frozenset({"processor", UNRESOLVED}),
        )
