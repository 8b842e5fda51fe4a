"""The types of settings: what the text of each must be, and how that is said to people."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic.fields import FieldInfo

from elfaust.roles import SINKS

_SINK = f"(?:{'|'.join(SINKS)})"
#: The last is used when nobody chooses one.
PROFILES = ("production", "beta", "dev")
PREFIX = "ELFAUST_"
MAX_PORT = 65_535
#: Of the integers of Kafka's requests.
MAX_INT = 2**31 - 1
#: The largest numbers where a setting does not say another: seconds that are milliseconds in 32
#: bits, and bytes that a machine may have. No server or library overflows at them.
MOST_SECONDS, MOST_WHOLE = 1_000_000, 10**12


#: Of every section; pydantic builds the validator of one when it is first made.
CONFIG = ConfigDict(extra="forbid", defer_build=True)


def setting(default: Any, help_text: str, *, secret: bool = False) -> Any:
    """Declare a setting: its default, and a sentence that says what it means, with its unit.

    A secret is masked, and may be in the file that `<key>_file` names.
    """
    return Field(default, description=help_text, repr=not secret)


@dataclass(frozen=True)
class Text:
    """A rule for a text on one line: `pattern` matches it whole, each `{field}` taken for a letter
    where the rule has fields.

    `form` names to people what the pattern matches. Each of `fields` stands in the text once. The
    text may be empty where `empty` says so: an empty stack.dir would be the current folder.
    """

    form: str
    pattern: str = ".*"
    fields: tuple[str, ...] = ()
    empty: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """Let pydantic check the texts that this annotates."""
        return AfterValidator(self.check).__get_pydantic_core_schema__(source, handler)

    def check(self, text: str) -> str:
        """Return the text. Raises ValueError if it is not as the rule has it."""
        if self.empty and not text:
            return text
        plain = re.sub(r"\{[a-z]+\}", "x", text) if self.fields else text
        one_line = not any(ord(char) < 32 for char in text)
        if one_line and re.fullmatch(self.pattern, plain) and self._has_fields(text):
            return text
        raise ValueError(f"not {self.wanted}")

    def _has_fields(self, text: str) -> bool:
        if not self.fields:
            return True
        found = [part[1:] for part in string.Formatter().parse(text) if part[1] is not None]
        wanted = {(name, "", None) for name in self.fields}
        return len(found) == len(wanted) and set(found) == wanted

    @property
    def wanted(self) -> str:
        """What the text must be, as in "a text without spaces, with {schema} once"."""
        fields = f", with {', '.join(f'{{{name}}}' for name in self.fields)} once each"
        return f"{'empty or ' * self.empty}{self.form}{fields if self.fields else ''}"


def one_of(*choices: str) -> Text:
    """Return the rule for a text that is one of these."""
    return Text(f"one of {', '.join(choices)}", "|".join(map(re.escape, choices)))


Flag = Annotated[bool, BeforeValidator(lambda value: str(value).strip())]
Whole = Annotated[int, Field(gt=0, le=MOST_WHOLE)]
Int32 = Annotated[int, Field(gt=0, le=MAX_INT)]
Port = Annotated[int, Field(ge=1, le=MAX_PORT)]
Seconds = Annotated[float, Field(gt=0, le=MOST_SECONDS)]
#: Seconds, or a rate, that may be 0.
FromZero = Annotated[float, Field(ge=0, le=MOST_SECONDS)]

#: Quotes around a text and a comment behind it are no part of it to people, and part of it to us.
_PLAIN = Text(
    "a text on one line, without quotes around it and without a comment behind it",
    r"(?!(['\"])[^'\"]*\1\Z)(?!(.*\s)?[#;]).*\S.*",
)
_TOPIC = Text(
    "a name of at most 249 letters, digits, '.', '_' and '-', as Kafka takes no other",
    r"(?!\.\.?\Z)[A-Za-z0-9._-]{1,249}",
)
_WORD = Text("a text without spaces, quotes, '#' and ';'", r"[^\s'\"#;]+")
_METRIC = Text(
    "words of letters, digits, '_' and '-' with dots between them",
    r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*",
)
_FOLDER = r"(?!\.\.?(/|\Z))[^/:'\"#;]+"
_WITHOUT = "without '..' and ':', which HDFS does not take, and without quotes, '#' and ';'"
_ABSOLUTE = Text(f"an absolute path, which begins with '/', {_WITHOUT}", rf"(/{_FOLDER})+/?")
_RELATIVE = Text(f"a path that does not begin with '/', {_WITHOUT}", rf"({_FOLDER}/)*{_FOLDER}")
_HOST = r"(\[[0-9A-Fa-f:.]+\]|[^\s,;:/?#@\[\]]+)"
#: Of a machine: a name, or an address without brackets. Ports and http:// are settings' own.
_NAME = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62}){0,30}\.?"
_ADDRESS = r"(?=.*:.*:)[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9_.-]+)?"
_MACHINE = Text("a host's name or address, without a port", f"{_NAME}|{_ADDRESS}")
_MACHINES = Text("names of hosts, without ports, a space between", f"{_NAME}( +{_NAME})*")
_PORT = r"0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_BROKER = f"{_HOST}:{_PORT}"
_BROKERS = Text(
    "host:port, or several of them with commas between them", rf"{_BROKER}(\s*,\s*{_BROKER})*"
)
_URL = rf"https?://{_HOST}(:{_PORT})?(/[^\s;]*)?"
_URLS = Text(
    "http://host:port or https://host:port, or several of them with ';' between them",
    rf"{_URL}(;{_URL})*",
)
_REVISION = ("schema", "revision")
#: Letters, digits and '_' are what a name in Hive may have without quotes.
_HIVE = Text("a name of at most 128 letters, digits and '_'", r"[A-Za-z0-9_]{1,128}")
_THRIFT = Text(
    "thrift://host:port, or several of them with commas between them",
    rf"thrift://{_BROKER}(\s*,\s*thrift://{_BROKER})*",
    empty=True,
)

Stores = Annotated[
    str,
    Text(
        f"one or more of {', '.join(SINKS)}, a space between",
        rf"(?!.*\b(\w+)\b.*\b\1\b){_SINK}(?: {_SINK})*",
    ),
]
Plain = Annotated[str, _PLAIN]
PlainOrEmpty = Annotated[str, replace(_PLAIN, empty=True)]
Secret = Annotated[str, Text("a text on one line", empty=True)]
Word = Annotated[str, _WORD]
Machine = Annotated[str, _MACHINE]
MachineOrEmpty = Annotated[str, replace(_MACHINE, empty=True)]
MachinesOrEmpty = Annotated[str, replace(_MACHINES, empty=True)]
MetricName = Annotated[str, _METRIC]
MetricOfName = Annotated[str, replace(_METRIC, fields=("name",))]
MetricOfSchema = Annotated[str, replace(_METRIC, fields=("schema",))]
MetricOfKind = Annotated[str, replace(_METRIC, fields=("kind",))]
Brokers = Annotated[str, _BROKERS]
HiveName = Annotated[str, _HIVE]
ThriftOrEmpty = Annotated[str, _THRIFT]
UrlOrEmpty = Annotated[str, Text("http://host:port/path or https://", _URL, empty=True)]
Urls = Annotated[str, _URLS]
Topic = Annotated[str, _TOPIC]
TopicOfRole = Annotated[str, replace(_TOPIC, fields=("role",))]
TopicOfRevision = Annotated[str, replace(_TOPIC, fields=_REVISION)]
TableOfRevision = Annotated[str, replace(_WORD, fields=_REVISION)]
Folder = Annotated[str, _ABSOLUTE]
FolderOfHour = Annotated[
    str, replace(_RELATIVE, fields=(*_REVISION, "year", "month", "day", "hour"))
]


def wanted(field: FieldInfo) -> str:
    """Say what the text of a setting must be, as in "a whole number from 1 to 65535"."""
    if field.annotation is bool:
        return "true or false"
    if field.annotation is str:
        return next(rule.wanted for rule in field.metadata if isinstance(rule, Text))
    kind = "a whole number" if field.annotation is int else "a number"
    # Of several bounds the last holds: a setting's own stands behind its type's.
    most = [rule.le for rule in field.metadata if hasattr(rule, "le")][-1]
    least = [f"from {rule.ge} to" for rule in field.metadata if hasattr(rule, "ge")]
    return f"{kind} {least[-1] if least else 'above 0, at most'} {most}"


def fields_of(section: Any) -> dict[str, FieldInfo]:
    """Return the settings of a section, a dataclass of pydantic, by their keys."""
    fields: dict[str, FieldInfo] = section.__pydantic_fields__
    return fields


def secrets_of(section: Any) -> list[str]:
    """Return the keys of a section's secrets."""
    return [key for key, field in fields_of(section).items() if not field.repr]


def keys_of(section: Any) -> list[str]:
    """Return the keys that give a section's settings, `<key>_file` for secrets among them."""
    return [*fields_of(section), *(f"{key}_file" for key in secrets_of(section))]


def variable(section: str, key: str) -> str:
    """Return the name of the environment variable of a setting."""
    return f"{PREFIX}{section}_{key}".upper()
