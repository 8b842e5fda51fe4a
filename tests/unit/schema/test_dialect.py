"""The dialects are those that a setting can name."""

from __future__ import annotations

from elfaust.schema.dialect import DIALECTS
from elfaust.settings.flow import COMPATIBILITIES


def test_each_year_that_a_setting_may_name_has_its_rules() -> None:
    assert tuple(DIALECTS) == COMPATIBILITIES
