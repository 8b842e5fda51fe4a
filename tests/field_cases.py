"""Inputs after public reports of people who run event pipelines, each with the right answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests import DATA

FOLDER = DATA / "field"


def case(number: int) -> Any:
    """Return the case of a number: its `source`, `input` and what is `right`."""
    [file] = FOLDER.glob(f"{number:02}-*.json")
    return json.loads(file.read_bytes())


def given(number: int) -> Any:
    """Return the input of the case of a number."""
    return case(number)["input"]


def write_schemas(folder: Path, schemas: dict[str, Any]) -> None:
    """Write schemas, by their `<Name>/<revision>`, where elfaust looks for them."""
    for key, schema in schemas.items():
        file = folder / f"{key}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(schema))
