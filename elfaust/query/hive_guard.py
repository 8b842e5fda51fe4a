"""What Hive may be asked: one SELECT, as Hive's own parser reads it (EXPLAIN AST).

HiveServer2 takes commands beside SQL (SET, ADD JAR, DFS, ...), replaces variables before it parses,
and computes constants as it explains. So a statement is looked at here first, word by word: that is
what makes it safe to have it explained. What Hive then says of it is the second look. Both have
lists of what may pass, so that what nobody has thought of is refused. A third wall is Hive's own
authorisation, where it is on (docs/analysts.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from elfaust.query.hive_words import BEFORE, FUNCTIONS, MADE, NODES
from elfaust.query.refused import Refused, check_text

#: With these a question begins; everything else is a command, or a statement of another kind.
FIRST = ("select", "with", "from", "(")
#: Words that stand in no question; as names they need quotes.
WRITING = (
    "insert",
    "transform",
    "create",
    "drop",
    "alter",
    "truncate",
    "update",
    "delete",
    "merge",
)
#: Comments first, and hints among them: in a hint a quote begins no text. A text ends where Hive's
#: lexer has it end: `\\` takes the next character along.
WORDS = re.compile(
    r"""(?P<comment>--[^\r\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<quoted>`(?:[^`]|``)*`)
    |(?P<space>[ \t\r\n\f]+)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>[0-9][0-9A-Za-z_]*)
    |(?P<sign>[-+*/%=<>!&|^~.,()\[\]:?;])""",
    re.X | re.S,
)
NODE = re.compile(r"\s*(TOK_\w+)\s*\Z")


class Word(NamedTuple):
    """A part of a statement: `kind` is a group of WORDS."""

    kind: str
    text: str

    @property
    def name(self) -> str:
        """The word in lower case, without quotes, "" for what is none."""
        if self.kind == "quoted":
            return self.text[1:-1].replace("``", "`").lower()
        return self.text.lower() if self.kind == "word" else ""


def question(sql: str) -> str:
    """Return a statement without comments and hints, and without a `;` at its end.

    Raises Refused for what cannot be explained safely.
    """
    check_text(sql)
    words = list(_words(sql))
    while words and (words[-1].kind == "space" or words[-1].text == ";"):
        words.pop()
    while words and words[0].kind == "space":
        words.pop(0)
    first = words[0].text.lower() if words else ""
    if first not in FIRST:
        raise Refused(f"it begins with {first or 'nothing'!r:.40}")
    if any(word.text == ";" for word in words):
        raise Refused("it is more than one statement")
    if any(word.kind == "word" and word.name in WRITING for word in words):
        raise Refused("it writes, or runs a program")
    _check_functions([word for word in words if word.kind != "space"])
    return "".join(word.text for word in words)


def _words(sql: str) -> Iterator[Word]:
    if "${" in sql:
        raise Refused("it has ${, which Hive replaces by what the server knows")
    at = 0
    while at < len(sql):
        match = WORDS.match(sql, at)
        if match is None:
            raise Refused(f"Hive has no word that begins with {sql[at : at + 10]!r}")
        if sql.startswith("/*", at) and match.lastgroup != "comment":
            raise Refused("a comment does not end")
        kind = str(match.lastgroup)
        # What stands beside a comment stays apart.
        if kind == "quoted" and "\n" in match[0]:
            raise Refused("a name has a line end")
        yield Word("space", " ") if kind == "comment" else Word(kind, match[0])
        at = match.end()


def _check_functions(words: list[Word]) -> None:
    for at, word in enumerate(words[1:], 1):
        before = words[at - 1]
        if word.text != "(" or before.kind not in ("word", "quoted"):
            continue
        if at > 1 and words[at - 2].text == ".":
            raise Refused(f"function {before.text!r:.80} is called by more than its name")
        known = FUNCTIONS if before.kind == "quoted" else FUNCTIONS | BEFORE
        if before.name not in known:
            raise Refused(f"function {before.name!r:.80} is none of those that only make a value")


def check_tree(lines: Iterable[str], database: str) -> None:
    """Raise Refused where the lines of EXPLAIN AST are not those of a SELECT of one database."""
    tree = [line for line in lines if line.strip()]
    nodes = [match[1] if (match := NODE.match(line)) else "" for line in tree]
    if not any(nodes) or next(filter(None, nodes)) != "TOK_QUERY":
        raise Refused("Hive does not call it a query")
    for at, node in enumerate(nodes):
        if node and node.removeprefix("TOK_") not in NODES:
            raise Refused(f"Hive calls a part of it {node}")
        if node == "TOK_DESTINATION" and nodes[at + 1 : at + 3] != ["TOK_DIR", "TOK_TMP_FILE"]:
            raise Refused("it writes what it has found")
        if node == "TOK_TABNAME":
            _check_table(tree[at:], database)
        if node in ("TOK_FUNCTION", "TOK_FUNCTIONDI", "TOK_FUNCTIONSTAR"):
            _check_called(tree[at + 1] if at + 1 < len(tree) else "")


def _check_table(lines: list[str], database: str) -> None:
    """Check the names below the first line: those that stand deeper."""
    names = []
    for line in lines[1:]:
        if _depth(line) <= _depth(lines[0]):
            break
        names.append(line.strip().strip("`").lower())
    if len(names) > 2 or (len(names) == 2 and names[0] != database):
        raise Refused(f"{'.'.join(names)!r:.80} is no table of database {database}")


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _check_called(line: str) -> None:
    name = line.strip().strip("`").lower()
    if not name.startswith("tok_") and name not in FUNCTIONS | MADE:
        raise Refused(f"function {name!r:.80} is none of those that only make a value")
