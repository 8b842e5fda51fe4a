"""What each class of error says of a second try, and of the exit code."""

from __future__ import annotations

import pytest

from elfaust import errors

#: The classes that differ from ElfaustError itself: neither tried again, and exit code 1.
RETRIABLE = {
    *("ServerAway", "SchemaWaits", "SchemaAway", "TableTrouble", "TableChanged", "TableLocked"),
    *("FolderTrouble", "CommitTorn", "HiveRefuses"),
}
CODES = {
    "SettingsError": 2,
    "SchemaAway": 3,
    "ServerTrouble": 3,
    "ServerAway": 3,
    "Unacknowledged": 3,
}
CLASSES = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.ElfaustError)
]


@pytest.mark.parametrize("kind", CLASSES)
def test_a_class_says_whether_to_retry_and_the_exit_code(kind: type[errors.ElfaustError]) -> None:
    assert kind.retriable is (kind.__name__ in RETRIABLE)
    assert kind.exit_code == CODES.get(kind.__name__, 1)


@pytest.mark.parametrize("kind", [kind for kind in CLASSES if kind.retriable])
def test_what_is_tried_again_is_no_kind_of_what_is_not(kind: type[errors.ElfaustError]) -> None:
    """Who catches a class that is tried again need not look for others among its subclasses."""
    assert all(below.retriable for below in kind.__subclasses__())
