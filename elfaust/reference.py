"""`jsonschema`, the reference, without what in it has no bound: its steps are counted.

Its keywords are as they were written, with three of the names that they use exchanged.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import attrs
import jsonschema_rs
from jsonschema import _keywords, _legacy_keywords, _utils, validators

from elfaust.patterns import search
from elfaust.steps import A_STEP, Keyword, counted, spend

_UNIQUE = jsonschema_rs.Draft4Validator({"uniqueItems": True})


def bounded(validator: Any) -> Any:
    """Return a validator class of `jsonschema` that `steps.limited` bounds."""
    extend: Any = validators.extend
    keywords = {name: counted(_bound(of)) for name, of in validator.VALIDATORS.items()}
    made = extend(validator, keywords)
    # `jsonschema` takes its own unbounded class for a part of the schema that has a `$schema`.
    made.evolve = _evolve
    return made


def _evolve(self: Any, **changes: Any) -> Any:
    return attrs.evolve(self, **changes)


def _uniq(items: list[Any]) -> bool:
    """Compare items in linear time where jsonschema-rs can hold them."""
    try:
        return _UNIQUE.is_valid(items)
    except ValueError:
        spend(len(items) ** 2 // A_STEP)
        return bool(_utils.uniq(items))


def _in_order(names: Iterable[Hashable]) -> dict[Hashable, None]:
    """Make a set whose order is the same in each process."""
    return dict.fromkeys(names)


def _names(module: ModuleType, **exchanged: object) -> dict[str, Any]:
    """Return what a module's functions see, themselves among it, with names exchanged."""
    names = dict(vars(module))
    for name, function in vars(module).items():
        if isinstance(function, FunctionType) and function.__module__ == module.__name__:
            names[name] = FunctionType(function.__code__, names, name, function.__defaults__)
    names.update(exchanged)
    return names


_EXCHANGED = {"re": SimpleNamespace(search=search), "uniq": _uniq, "set": _in_order}
_OF_UTILS = _names(_utils, **_EXCHANGED)
_HELPERS = {
    name: _OF_UTILS[name]
    for name, found in vars(_keywords).items()
    if getattr(found, "__module__", "") == _utils.__name__
}
_KEYWORDS = {
    _keywords.__name__: _names(_keywords, **{**_HELPERS, **_EXCHANGED}),
    _legacy_keywords.__name__: _names(
        _legacy_keywords, **_EXCHANGED, _utils=SimpleNamespace(**_OF_UTILS)
    ),
}


def _bound(keyword: Any) -> Keyword:
    found: Keyword = _KEYWORDS[keyword.__module__][keyword.__name__]
    return found
