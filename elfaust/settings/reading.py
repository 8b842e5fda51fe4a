"""Reads a table of settings from an INI file and the environment, and says where each came from.

It knows sections as dataclasses and nothing of what they mean; `elfaust.settings.load` is its door.
"""

from __future__ import annotations

import configparser
import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from elfaust.errors import SettingsError
from elfaust.settings.values import Item, convert, wanted

PREFIX = "ELFAUST_"
#: Variables that are no settings: who runs, and where the settings are.
OTHER_VARIABLES = ("ELFAUST_ROLE", "ELFAUST_CONF", "ELFAUST_PROFILE")
#: Names left to the tests and to Faust, whose own settings are read under the second.
RESERVED = ("ELFAUST_TEST_", "ELFAUST_FAUST_")
#: The section that is about faust.conf itself, with the key `profile`.
OWN_SECTION = "elfaust"

Sections = Mapping[str, Any]
#: The commented faust.conf of the package; in a checkout it is that at the top.
EXAMPLE = Path(__file__).with_name("faust.conf")
#: Longest text of a file that a setting names, characters.
MOST_SECRET = 65_536


@dataclass(frozen=True)
class Reading:
    """What was read: the sections filled in, the profile, the file, each setting's origin."""

    sections: dict[str, Any]
    profile: str
    conf: str
    origins: dict[str, str] = field(default_factory=dict)


class _Parser(configparser.ConfigParser):
    """A parser that leaves keys as they are written: `Port` is unknown, not `port`."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


class _Given(NamedTuple):
    """One text found for a setting; `secret_file` if the text names the file that holds it."""

    item: Item
    section: str
    text: str
    place: str
    secret_file: bool

    @property
    def name(self) -> str:
        return f"{self.section}.{self.item.name}"


def read(
    sections: Sections,
    profiles: Sequence[str],
    path: Path | None,
    environ: Mapping[str, str],
    profile: str | None,
) -> Reading:
    """Fill `sections`, whose values are the defaults, in order: file, profile, environment.

    The last of `profiles` is used when nobody chooses one. Raises SettingsError.
    """
    conf = find_conf(path, environ)
    parser = _parse(conf)
    found = _check_file(sections, profiles, parser, conf)
    variables = _from_environ(sections, environ)
    profile = _choose_profile(profiles, parser, conf, environ, profile)
    values: dict[str, dict[str, Any]] = {section: {} for section in sections}
    origins = {
        f"{section}.{item.name}": "default"
        for section in sections
        for item in _items(sections, section)
    }
    for given in [*found.get("", []), *found.get(profile, []), *variables]:
        values[given.section][given.item.name], origins[given.name] = _value(given)
    filled = {name: dataclasses.replace(sections[name], **values[name]) for name in sections}
    return Reading(filled, profile, str(conf or ""), origins)


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


def variable(section: str, key: str) -> str:
    """Return the name of the environment variable of a setting."""
    return f"{PREFIX}{section}_{key}".upper()


def _parse(conf: Path | None) -> _Parser:
    # `=` alone separates: a colon is in section names and in addresses.
    parser = _Parser(
        interpolation=None,
        strict=True,
        delimiters=("=",),
        default_section="",
        empty_lines_in_values=False,
    )
    if conf is not None:
        try:
            parser.read_string(conf.read_text(encoding="utf-8-sig"), source=str(conf))
        except (OSError, UnicodeDecodeError, configparser.Error) as error:
            raise SettingsError(f"{conf}: {' '.join(str(error).split())}") from error
    return parser


def _check_file(
    sections: Sections,
    profiles: Sequence[str],
    parser: _Parser,
    conf: Path | None,
) -> dict[str, list[_Given]]:
    """Return what the file gives, by profile ("" is the base), the unused profiles checked too."""
    found: dict[str, list[_Given]] = {}
    for header in parser.sections():
        place = f"{conf} [{header}]"
        if header == OWN_SECTION:
            for key in parser[header]:
                _known(key, ("profile",), "key", place)
            continue
        profile, colon, section = header.rpartition(":")
        if colon:
            _known(profile, profiles, "profile", place)
        _known(section, sections if colon else (*sections, OWN_SECTION), "section", place)
        givens = list(_from_section(sections, section, parser[header], place))
        found.setdefault(profile, []).extend(givens)
    return found


def _from_section(
    sections: Sections, section: str, texts: Mapping[str, str], place: str
) -> Iterator[_Given]:
    known = _keys(sections, section)
    for key, text in texts.items():
        _known(key, known, "key", place)
        item = known[key]
        if key != item.name and item.name in texts:
            raise SettingsError(f"{place}: give {item.name} or {key}, not both")
        yield _checked(_Given(item, section, text, place, key != item.name))


def _from_environ(sections: Sections, environ: Mapping[str, str]) -> list[_Given]:
    known = {
        variable(section, key): (section, key, item)
        for section in sections
        for key, item in _keys(sections, section).items()
    }
    found = []
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in OTHER_VARIABLES or name.startswith(RESERVED):
            continue
        _known(name, (*known, *OTHER_VARIABLES), "variable", "environment")
        section, key, item = known[name]
        from_file = key != item.name
        if from_file and not text:
            continue
        if from_file and variable(section, item.name) in environ:
            raise SettingsError(
                f"environment: give {variable(section, item.name)} or {name}, not both"
            )
        found.append(_checked(_Given(item, section, text, f"environment {name}", from_file)))
    return found


def _choose_profile(
    profiles: Sequence[str],
    parser: _Parser,
    conf: Path | None,
    environ: Mapping[str, str],
    profile: str | None,
) -> str:
    in_file = parser.get(OWN_SECTION, "profile", fallback=None)
    if in_file is not None:
        _known(in_file, profiles, "profile", f"{conf} [{OWN_SECTION}]")
    if from_environ := environ.get("ELFAUST_PROFILE"):
        _known(from_environ, profiles, "profile", "environment ELFAUST_PROFILE")
    if profile:
        _known(profile, profiles, "profile", "--profile")
    return profile or from_environ or in_file or profiles[-1]


def _items(sections: Sections, section: str) -> tuple[Item, ...]:
    return dataclasses.fields(sections[section])


def _keys(sections: Sections, section: str) -> dict[str, Item]:
    """Return the settings of a section by the keys that give them, `<key>_file` for secrets."""
    items = _items(sections, section)
    keys = {item.name: item for item in items}
    return keys | {f"{item.name}_file": item for item in items if item.metadata["secret"]}


def _known(name: str, names: Iterable[str], what: str, place: str) -> None:
    names = list(names)
    if name not in names:
        nearest = difflib.get_close_matches(name, names, n=1, cutoff=0.0)[0]
        raise SettingsError(f"{place}: unknown {what} {name!r}; the nearest is {nearest!r}")


def _checked(given: _Given) -> _Given:
    """Return it, its text of the type wanted; a secret's file is looked at when it is used."""
    if not given.secret_file:
        _convert(given, given.text, given.place)
    return given


def _value(given: _Given) -> tuple[Any, str]:
    """Return the value and its origin."""
    if not given.secret_file:
        return _convert(given, given.text, given.place), given.place
    origin = f"file {given.text} of {given.place}"
    try:
        with Path(given.text).open(encoding="utf-8") as file:
            text = file.read(MOST_SECRET + 1)
        if len(text) > MOST_SECRET:
            raise OSError(f"{given.text} has more than {MOST_SECRET:,} characters")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{given.place}: cannot read {given.name} from a file: {error}"
        ) from error
    return _convert(given, text.removesuffix("\n").removesuffix("\r"), origin), origin


def _convert(given: _Given, text: str, place: str) -> Any:
    try:
        return convert(given.item, text)
    except ValueError:
        shown = "(hidden)" if given.item.metadata["secret"] else repr(text)
        raise SettingsError(
            f"{place}: {given.name} = {shown} is not {wanted(given.item)}"
        ) from None
