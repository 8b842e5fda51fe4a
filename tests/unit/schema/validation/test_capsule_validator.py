"""What a worker's judge asks of a schema: whether a plain capsule fits, and by what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from elfaust.schema.dialect import LATEST
from elfaust.schema.validation.capsule_validator import CapsuleValidator
from elfaust.schema.validation.drafts import DRAFT3, Draft
from elfaust.schema.validation.validator import Undecided
from tests.unit.schema.validation.building import CAPSULE, NEWER, uri

#: What the line of a capsule tells itself.
OF_LINE = frozenset(("recvFrom", "seqId", "dt", "ip", "userAgent", "uuid"))
GIVEN = {name: of for name, of in CAPSULE.items() if name not in OF_LINE}
DRAFTS = pytest.mark.parametrize(
    "draft", [DRAFT3, *NEWER], ids=["03", *(draft.name for draft in NEWER)]
)


def without_fields(draft: Draft) -> CapsuleValidator:
    schema = {"$schema": uri(draft), "properties": {"n": {"type": "integer"}}}
    validator = CapsuleValidator(schema, LATEST)
    assert validator.is_compiled
    return validator.without(OF_LINE)


@DRAFTS
@pytest.mark.parametrize(
    ("event", "path"),
    [({"n": 1}, ""), ({"n": "1"}, "$.event.n"), ({"m": 1}, "$.event"), ({"n": 1.5}, "$.event.n")],
)
def test_a_capsule_without_its_line_s_fields_fits_or_has_a_fault(
    draft: Draft, event: dict[str, Any], path: str
) -> None:
    validator = without_fields(draft)
    capsule = {**GIVEN, "event": event}
    assert validator.fits(capsule) == (not path)
    if path:
        assert validator.fault(capsule).path == path


@DRAFTS
def test_what_fits_and_is_not_calm_is_for_others_to_decide(draft: Draft) -> None:
    validator = without_fields(draft)
    capsule = {**GIVEN, "event": {"n": 2**62 + 1}}
    assert not validator.fits(capsule)
    with pytest.raises(Undecided):
        validator.fault(capsule)


@DRAFTS
def test_a_field_of_the_line_is_no_part_of_what_is_left(draft: Draft) -> None:
    assert not without_fields(draft).fits({**GIVEN, "event": {"n": 1}, "uuid": "0" * 32})
