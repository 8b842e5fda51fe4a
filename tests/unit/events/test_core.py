"""Which way plain lines are judged, by what is set and what is installed."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from types import ModuleType

import pytest

from elfaust.errors import SettingsError
from elfaust.events import core
from elfaust.settings import Settings


def settings_of(judge: str) -> Settings:
    settings = Settings()
    origins = {"processor.judge": "faust.conf [processor]"}
    processor = replace(settings.processor, judge=judge)
    return replace(settings, processor=processor, origins=origins)


def install(monkeypatch: pytest.MonkeyPatch, protocol: int = core.PROTOCOL) -> ModuleType:
    """Have a core of a protocol be installed."""
    module = ModuleType(core.PACKAGE)
    vars(module).update(PROTOCOL=protocol, __version__="9.8.7")
    monkeypatch.setitem(sys.modules, core.PACKAGE, module)
    return module


def remove(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no core be installed."""
    find = importlib.import_module

    def without(name: str) -> ModuleType:
        if name == core.PACKAGE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return find(name)

    monkeypatch.setattr(importlib, "import_module", without)


@pytest.mark.parametrize("judge", ["auto", "rust"])
def test_a_core_that_fits_is_used(judge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = install(monkeypatch)
    settings = settings_of(judge)
    assert core.core_of(settings) is module
    assert str(core.way_of(settings)) == "rust: elfaust_core 9.8.7"


def test_a_core_is_not_used_against_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch)
    assert core.core_of(settings_of("python")) is None
    assert str(core.way_of(settings_of("python"))) == "python: processor.judge says so"


def test_without_a_core_it_is_python_and_how_to_build_one_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remove(monkeypatch)
    way = core.way_of(settings_of("auto"))
    assert (way.core, way.name) == (None, "python")
    assert way.why == f"elfaust_core is not installed; {core.HOW}"


def test_a_core_of_another_protocol_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, core.PROTOCOL + 1)
    way = core.way_of(settings_of("auto"))
    assert way.core is None
    assert f"has protocol {core.PROTOCOL + 1}, this elfaust needs {core.PROTOCOL}" in way.why


@pytest.mark.parametrize("error", [ImportError, RuntimeError, SystemError, OSError])
def test_a_core_that_cannot_be_loaded_is_not_used(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(name: str) -> ModuleType:
        raise error("undefined symbol: PyX")

    monkeypatch.setattr(importlib, "import_module", broken)
    way = core.way_of(settings_of("auto"))
    assert way.core is None
    assert way.why.startswith("elfaust_core cannot be loaded: undefined symbol: PyX; ")


def test_what_has_no_version_is_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    del vars(install(monkeypatch))["__version__"]
    way = core.way_of(settings_of("auto"))
    assert way.core is None
    assert "no attribute '__version__'" in way.why


def test_a_core_that_is_asked_for_and_missing_is_a_fault_of_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remove(monkeypatch)
    with pytest.raises(SettingsError, match=r"processor\.judge = 'rust': elfaust_core is not inst"):
        core.core_of(settings_of("rust"))
