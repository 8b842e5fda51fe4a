"""What jsonschema-rs does to a schema or a value escapes to nobody."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.schema.validation.drafts import DRAFT3
from elfaust.schema.validation.rust import compile_rust, guarded, passes


class PanicException(BaseException):
    """As pyo3 raises it."""


class Broken:
    def __init__(self, error: BaseException) -> None:
        self._error = error

    def is_valid(self, _: Any) -> bool:
        raise self._error


def raising(error: BaseException) -> None:
    raise error


def test_a_value_that_it_cannot_hold_or_panics_on_does_not_pass() -> None:
    assert passes(compile_rust({"type": "integer"}, DRAFT3), 1)
    assert not passes(None, 1)
    assert not passes(Broken(ValueError()), 1)
    assert not passes(Broken(PanicException()), 1)
    with pytest.raises(KeyboardInterrupt):
        passes(Broken(KeyboardInterrupt()), 1)


@pytest.mark.parametrize("error", [RecursionError(), TypeError(), PanicException()])
def test_whatever_a_compiler_raises_is_a_fault_of_the_schema(error: BaseException) -> None:
    with pytest.raises(ValueError, match=r"nested too deep|wrong types|fails on it"):
        guarded(raising, error)
    with pytest.raises(MemoryError):
        guarded(raising, MemoryError())


def test_a_schema_that_it_does_not_accept_names_its_part() -> None:
    with pytest.raises(ValueError, match=r"\$\.maximum"):
        compile_rust({"maximum": "x"}, DRAFT3)
