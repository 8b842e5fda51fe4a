"""JSON text that fits a column: its values are shortened, so that it is JSON still."""

from __future__ import annotations

from typing import Any

from elfaust.json_text import encode


def short_json(value: Any, limit: int) -> str:
    """Return a value as JSON of at most `limit` characters, which are 2 or more.

    The longest strings are cut, all to one length; members that have no room even then are left
    out, the last ones first. Raises ValueError for what is nested too deep to be written.
    """
    whole = _dumped(value)
    if len(whole) <= limit:
        return whole
    kept = _Pruned(limit).value(value)
    # The longest length to which all strings can be cut.
    fits, too_long = 0, limit
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if len(_dumped(_cut(kept, middle))) <= limit:
            fits = middle
        else:
            too_long = middle
    return _dumped(_cut(kept, fits))


def _dumped(value: Any) -> str:
    return encode(value).decode()


def _cut(value: Any, length: int) -> Any:
    """Return a value with each string in it cut; keys stay."""
    if isinstance(value, str):
        return value[:length]
    if isinstance(value, dict):
        return {key: _cut(member, length) for key, member in value.items()}
    if isinstance(value, list):
        return [_cut(member, length) for member in value]
    return value


class _Pruned:
    """Takes of a value what has room where every string is empty.

    It ends when the room does, however large the value is.
    """

    def __init__(self, room: int) -> None:
        self._room = room

    def value(self, value: Any) -> Any:
        """Return what of a value has room; the caller has seen to it that its brackets do."""
        if isinstance(value, dict):
            self._room -= 2
            return self._members(value)
        if isinstance(value, list):
            self._room -= 2
            return self._items(value)
        self._room -= _least(value)
        return value

    def _members(self, members: dict[str, Any]) -> dict[str, Any]:
        kept = {}
        for key, member in members.items():
            # A colon and a comma; a key without room does not keep out the shorter ones after it.
            needed = len(_dumped(key)) + 2
            if needed + _least(member) <= self._room:
                self._room -= needed
                kept[key] = self.value(member)
            elif self._room <= 0:
                break
        return kept

    def _items(self, items: list[Any]) -> list[Any]:
        kept = []
        for item in items:
            if 1 + _least(item) > self._room:
                break
            self._room -= 1
            kept.append(self.value(item))
        return kept


def _least(value: Any) -> int:
    """Return how many characters a value takes at least: strings, maps and lists empty."""
    return 2 if isinstance(value, str | dict | list) else len(_dumped(value))
