"""The steps after which tests/chaos kills a worker are functions that exist."""

from __future__ import annotations

import importlib

import pytest

from elfaust.roles import ROLES
from tests.chaos.worker import STEPS


@pytest.mark.parametrize("step", STEPS)
def test_a_step_names_a_role_and_a_function(step: str) -> None:
    role, path = STEPS[step]
    module, _, name = path.partition(":")
    owner_name, _, attribute = name.partition(".")
    assert role in ROLES
    assert callable(getattr(getattr(importlib.import_module(module), owner_name), attribute))
