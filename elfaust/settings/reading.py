"""Reads sections of settings from faust.conf and the environment, and says where each came from.

pydantic-settings lays what one source gives over what another gives, and pydantic checks it. What
is here finds the texts and their places, and tells in a line of each that does not fit. It knows
sections as pydantic's dataclasses and nothing of what they mean.
"""

from __future__ import annotations

import configparser
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, ValidationError, create_model
from pydantic_settings import BaseSettings, InitSettingsSource

from elfaust.errors import SettingsError
from elfaust.settings.secret_files import text_of
from elfaust.settings.values import (
    PREFIX,
    PROFILES,
    fields_of,
    keys_of,
    secrets_of,
    variable,
    wanted,
)

#: Variables that are no settings: who runs, and where the settings are.
OTHER_VARIABLES = ("ELFAUST_ROLE", "ELFAUST_CONF", "ELFAUST_PROFILE")
#: Names left to the tests and to Faust, whose own settings are read under the second.
RESERVED = ("ELFAUST_TEST_", "ELFAUST_FAUST_")
#: The section that is about faust.conf itself, with the key `profile`.
OWN_SECTION = "elfaust"
#: The commented faust.conf of the package; in a checkout it is that at the top.
EXAMPLE = Path(__file__).with_name("faust.conf")
#: What people write and faust.conf does not know: how the text looks, and the cure.
CURES = (
    (re.compile(r"^['\"]|['\"]$"), "leave the quotes out"),
    (re.compile(r"(^|\s)[#;]"), "a comment needs a line of its own"),
)

#: Dataclasses of pydantic by the name of their section.
Sections = Mapping[str, Any]


class Given(str):
    """The text of a setting, and the place where it stands."""

    place: str

    def __new__(cls, text: str, place: str) -> Given:
        """Return the text with its place."""
        given = super().__new__(cls, text)
        given.place = place
        return given


Texts = dict[str, dict[str, Given]]


class Reading(NamedTuple):
    """What was read: the sections filled in, the profile, the file, where each text stands.

    A setting that has its default is not in `origins`.
    """

    sections: dict[str, Any]
    profile: str
    conf: str
    origins: dict[str, str]


def read(
    sections: Sections,
    path: Path | None,
    environ: Mapping[str, str],
    profile: str | None,
    secrets: bool = True,
) -> Reading:
    """Fill `sections` from faust.conf, over it its profile's sections, over both the environment.

    Raises SettingsError; of texts that do not fit their setting it has a line each. Without
    `secrets` no file of a password is read.
    """
    conf = find_conf(path, environ)
    layers = _from_file(sections, conf)
    profile = _choose_profile(layers[""].pop(OWN_SECTION, {}), conf, environ, profile)
    layers["environment"] = _from_environ(sections, environ)
    used = ("environment", profile, "")
    for name, texts in layers.items():
        _read_secrets(sections, texts, secrets and name in used)
    fields: Any = {name: (kind, Field(default_factory=kind)) for name, kind in sections.items()}
    table = create_model("Table", __base__=BaseSettings, **fields)
    sources = {name: InitSettingsSource(table, texts) for name, texts in layers.items()}
    if faults := [line for source in sources.values() for line in _faults(source)]:
        raise SettingsError("\n".join(faults))
    filled = table(_build_sources=(tuple(sources[name] for name in used if name in sources), {}))
    origins = {
        f"{section}.{key}": text.place
        for name in reversed(used)
        for section, texts in layers.get(name, {}).items()
        for key, text in texts.items()
    }
    return Reading(dict(filled), profile, str(conf), origins)


def find_conf(path: Path | None, environ: Mapping[str, str]) -> Path:
    """Return the file to read: `path`, ELFAUST_CONF, ./faust.conf, or the package's example.

    Raises SettingsError if one was named that does not exist.
    """
    named = path or (Path(name) if (name := environ.get("ELFAUST_CONF")) else None)
    if named is not None:
        if not named.exists() or named.is_dir():
            raise SettingsError(f"{named}: no such file of settings")
        return named
    here = Path("faust.conf")
    return here if here.is_file() else EXAMPLE.resolve()


class _Parser(configparser.ConfigParser):
    """A parser that leaves keys as they are written: `Port` is unknown, not `port`."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def _from_file(sections: Sections, conf: Path) -> dict[str, Texts]:
    """Return what a file gives by profile, what it gives to every profile by ""."""
    # `=` alone separates: a colon is in section names and in addresses.
    parser = _Parser(
        interpolation=None, delimiters=("=",), default_section="", empty_lines_in_values=False
    )
    try:
        parser.read_string(conf.read_text(encoding="utf-8-sig"), source=str(conf))
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise SettingsError(f"{conf}{_why_unreadable(error)}") from None
    layers: dict[str, Texts] = {"": {}}
    for header in parser.sections():
        place = f"{conf} [{header}]"
        profile, colon, section = header.rpartition(":")
        if colon:
            _check(profile, PROFILES, "profile", place)
        _check(section, sections if colon else (*sections, OWN_SECTION), "section", place)
        known = ("profile",) if section == OWN_SECTION else keys_of(sections[section])
        for key in parser[header]:
            _check(key, known, "key", place)
        given = {key: Given(text, place) for key, text in parser[header].items()}
        layers.setdefault(profile, {})[section] = given
    return layers


def _why_unreadable(error: Exception) -> str:
    """Say where a file is no faust.conf and what to write, never what it holds: that may be secret.

    Thus configparser's own errors, which quote the line, are not shown.
    """
    match error:
        case configparser.ParsingError(errors=[(line, _), *_]):
            return f" line {line}: not a [section], nor key = value"
        case configparser.MissingSectionHeaderError(lineno=line):
            return f" line {line}: stands before the first [section]"
        case configparser.DuplicateSectionError(lineno=line, section=section):
            return f" line {line}: the section [{section}] is there already"
        case configparser.DuplicateOptionError(lineno=line, section=section, option=key):
            return f" line {line}: {key} is in [{section}] already"
        case UnicodeDecodeError(object=bytes() as text, start=start):
            return f" line {text.count(10, 0, start) + 1}: not UTF-8"
    return f": {getattr(error, 'strerror', None) or 'cannot be read'}"


def _from_environ(sections: Sections, environ: Mapping[str, str]) -> Texts:
    known = {
        variable(name, key): (name, key) for name in sections for key in keys_of(sections[name])
    }
    texts: Texts = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in OTHER_VARIABLES or name.startswith(RESERVED):
            continue
        _check(name, (*known, *OTHER_VARIABLES), "variable", "environment")
        section, key = known[name]
        # An empty variable takes back the file of a secret that the caller's environment names.
        if text or key in fields_of(sections[section]):
            texts.setdefault(section, {})[key] = Given(text, f"environment {name}")
    return texts


def _choose_profile(
    own: Mapping[str, str], conf: Path, environ: Mapping[str, str], profile: str | None
) -> str:
    choices = (
        (profile or None, "--profile"),
        (environ.get("ELFAUST_PROFILE") or None, "environment ELFAUST_PROFILE"),
        (own.get("profile"), f"{conf} [{OWN_SECTION}]"),
    )
    chosen = [(name, place) for name, place in choices if name is not None]
    for name, place in chosen:
        _check(name, PROFILES, "profile", place)
    return chosen[0][0] if chosen else PROFILES[-1]


def _check(name: str, names: Iterable[str], what: str, place: str) -> None:
    names = list(names)
    if name not in names:
        folded = {known.casefold(): known for known in names}
        near = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.0)
        nearest = folded[near[0]]
        raise SettingsError(f"{place}: unknown {what} {name!r}; the nearest is {nearest!r}")


def _read_secrets(sections: Sections, texts: Texts, used: bool) -> None:
    """Put what a file holds in the place of the key that names it; drop the key if not `used`."""
    for section, given in texts.items():
        for key in secrets_of(sections[section]):
            path = given.pop(f"{key}_file", None)
            if path is None:
                continue
            if key in given:
                raise SettingsError(f"{path.place}: give {key} or {key}_file, not both")
            if used:
                place = f"file {path} of {path.place}"
                given[key] = Given(text_of(path, path.place, f"{section}.{key}"), place)


def _faults(source: InitSettingsSource) -> Iterator[str]:
    """Yield a line for each text that does not fit its setting."""
    table = source.settings_cls
    try:
        table(_build_sources=((source,), {}))
    except ValidationError as error:
        for fault in error.errors():
            section, key = map(str, fault["loc"])
            field = fields_of(table.model_fields[section].annotation)[key]
            text: Given = source.init_kwargs[section][key]
            shown = repr(str(text)) if field.repr else "(hidden)"
            cures = [cure for looks, cure in CURES if field.repr and looks.search(text)]
            line = f"{text.place}: {section}.{key} = {shown} is not {wanted(field)}"
            yield "; ".join([line, *cures])
