"""docs/openapi.yaml describes each address of the intake and of the view, and no other."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import yaml  # type: ignore[import-untyped]

from elfaust.intake.application import Intake
from elfaust.intake.gatherer import Gatherer
from elfaust.intake.raw_lines import RawLines
from elfaust.settings import Settings
from elfaust.view.app import View
from elfaust.view.feed import Ring
from tests import REPOSITORY
from tests.unit.intake.requests import FORMAT

#: What is no API: a redirection, and files.
LEFT_OUT = {("GET", "/"), ("GET", "/view/static/{name}")}
#: What a part of a path has to be.
REGEX = re.compile(r":[^}]*\{.*?\}\}|:[^}]*\}")


def test_every_address_is_described() -> None:
    settings = replace(Settings(), profile="beta")
    intake = Intake(settings, RawLines(FORMAT), Gatherer("raw", 1, 1))
    routes = [*intake.routes(), *View(settings, Ring()).routes()]
    served = {
        (route.method, re.sub(r":[^}]*\{.*?\}\}|:[^}]*\}", "}", route.path)) for route in routes
    }
    described: dict[str, Any] = yaml.safe_load((REPOSITORY / "docs/openapi.yaml").read_text())
    known = {(m.upper(), path) for path, of in described["paths"].items() for m in of}
    assert known == {one for one in served if one[0] != "OPTIONS"} - LEFT_OUT
