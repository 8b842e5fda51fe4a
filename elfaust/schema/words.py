"""Words that need quotes as a name in Hive."""

from __future__ import annotations

import re

#: What the parser of Hive 4.0.1 takes for no name of a column, a field or a table: each word of its
#: grammar was given to it.
RESERVED = frozenset(
    """
    all alter and any application array as authorization between bigint binary boolean both by
    case cast char column commit conf constraint convert create cross cube current current_date
    current_timestamp cursor database date ddl decimal delete describe distinct double drop else
    end except exchange exists extended external extract false fetch float floor following for
    force foreign from full function grant group grouping having if import in inner insert int
    intersect interval into is join lateral leading left less like local macro map merge minus
    more none not null of older on only or order out outer over partition percent pkfk_join
    preceding precision prepare preserve primary procedure qualify range reads real reduce
    references regexp revoke right rlike rollback rollup row rows select set smallint some start
    sync table tablesample than then time timestamp timestamplocaltz to trailing transform
    trigger true truncate unbounded union unique uniquejoin update user using values varchar
    when where window with
    """.split()  # noqa: SIM905
)
#: Names that its lexer takes for something else: such as begin with `_`, and numbers, `9l` and
#: `1e5` among them.
NO_NAME = re.compile(r"_.*|[0-9]+(e[0-9]+|bd|[bdfgklmsy])?", re.IGNORECASE)


def needs_quotes(name: str) -> bool:
    """Tell whether a name of letters, digits and `_` needs quotes in Hive."""
    return name.lower() in RESERVED or NO_NAME.fullmatch(name) is not None
