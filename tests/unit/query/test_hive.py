"""The end of a session of HiveServer2, where only a server that is silent can make the fault."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest

from elfaust.query.hive import Hive
from elfaust.query.refused import Failed


@pytest.fixture
def engine() -> Any:
    engine: Any = Hive.__new__(Hive)
    engine.title, engine._is_asking = "HiveServer2", False
    engine._transport, engine._connection = Mock(), Mock()
    return engine


def test_a_session_whose_answer_has_not_come_is_not_asked_to_end(engine: Any) -> None:
    with engine._asking():
        # Ctrl-C, while a thread waits for HiveServer2.
        engine.close()
    assert (engine._transport.close.called, engine._connection.close.called) == (True, False)


@pytest.mark.parametrize("raised", [Failed("interrupted"), None])
def test_a_session_that_has_answered_is_ended(engine: Any, raised: Exception | None) -> None:
    with pytest.raises(Failed) if raised else engine._asking(), engine._asking():
        if raised:
            raise raised
    engine.close()
    assert (engine._transport.close.called, engine._connection.close.called) == (False, True)
