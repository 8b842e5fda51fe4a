"""What the fuzzing of the compiled judge begins with: schemas, and lines of each.

Run as `python -m tests.fuzz.core_seeds core/fuzz`; writes plans.json and corpus/lines/ there.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from pathlib import Path
from typing import Any

from elfaust.records import SchemaKey
from elfaust.schema.dialect import DIALECTS
from elfaust.schema.lookup.state import Schema
from elfaust.trial.recorded import recorded_lines
from tests.equal_judges import lines_of_drafts, of_drafts
from tests.generated_lines import generated_lines

LINES = 2_000
#: Bytes that every value of an event may have.
STORABLE = 200
#: The fields of a line of either dialect, and a uuid.
FIELDS = ("recvFrom", "seqId", "dt", "ip", "timestamp", "clientIp", "userAgent", "uuid")
SCHEMAS = Path(__file__).parents[2] / "schemas"
#: Before a line in the corpus: that it is one, and its dialect.
KINDS = (b"\x02", b"\x03")


def write(folder: Path) -> None:
    """Write the plans and the first lines into a folder."""
    plans = [_plan(key, event) for key, event in _schemas()]
    (folder / "plans.json").write_text(json.dumps(plans))
    corpus = folder / "corpus" / "lines"
    corpus.mkdir(parents=True, exist_ok=True)
    recorded = [line for kind, line in recorded_lines(4_000) if kind == "client"]
    changed = generated_lines(LINES, seed=3, recorded=lines_of_drafts())
    for number, line in enumerate(itertools.chain(recorded[:LINES], changed)):
        sent = KINDS[number % 2] + line
        (corpus / hashlib.sha256(sent).hexdigest()[:16]).write_bytes(sent)


def _schemas() -> list[tuple[SchemaKey, dict[str, Any]]]:
    found = [(SchemaKey(name, 1), event) for name, event in of_drafts().items()]
    for file in sorted(SCHEMAS.glob("*/*.json")):
        key = SchemaKey(file.parent.name, int(file.stem))
        found.append((key, json.loads(file.read_text(encoding="utf-8"))))
    return found


def _plan(key: SchemaKey, event: dict[str, Any]) -> dict[str, Any]:
    validator = Schema(key, event, DIALECTS["2018"]).validator.without(FIELDS)
    capsule, of_event = validator.sources()
    return {
        "schema": key.schema, "revision": key.revision, "capsule": capsule, "event": of_event,
        "storable": STORABLE,
    }  # fmt: skip


if __name__ == "__main__":
    write(Path(sys.argv[1]))
