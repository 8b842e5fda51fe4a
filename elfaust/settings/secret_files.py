"""Files that hold a secret, which a setting names: `mysql.password_file` and the like."""

from __future__ import annotations

from pathlib import Path

from elfaust.errors import SettingsError

#: Longest text of such a file, characters.
MOST_SECRET = 65_536


def text_of(path: str, place: str, name: str) -> str:
    """Return the text of the file of the secret `name`, less the newline at its end.

    `place` is where the path is written. Raises SettingsError, which shows nothing of the text.
    """
    try:
        if Path(path).resolve().is_fifo():
            # Nobody may ever write to it. What a shell hands over as /dev/fd/N has no path.
            raise OSError(f"{path} is a named pipe")
        with Path(path).open(encoding="utf-8") as file:
            text = file.read(MOST_SECRET + 1)
        if len(text) > MOST_SECRET:
            raise OSError(f"{path} has more than {MOST_SECRET:,} characters")
        if not text.strip():
            raise OSError(f"{path} is empty")
    except UnicodeDecodeError:
        raise SettingsError(f"{place}: {name} from a file: {path} is not UTF-8") from None
    except OSError as error:
        raise SettingsError(f"{place}: cannot read {name} from a file: {error}") from error
    return text.removesuffix("\n").removesuffix("\r")
