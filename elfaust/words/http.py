"""An HTTP request that failed, in a few words: who did not answer, and why.

requests itself takes three lines, which name the whole address of a file before the fault.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import requests


def why(error: Exception) -> str:
    """Say in a few words why a request failed; of an error of another kind its first line."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.RequestException):
        if error.response is not None:
            return f"answers {error.response.status_code} {error.response.reason}"
        cause = error.args[0] if error.args else error
        return str(getattr(cause, "reason", cause)).rpartition(": ")[2]
    return next((line.strip() for line in str(error).splitlines() if line.strip()), repr(error))


def asked(error: Exception) -> str:
    """Return the host and port that a failed request went to, "" where nobody knows.

    After a redirect that is another one than was asked at first.
    """
    request = getattr(error, "request", None)
    return urlsplit(getattr(request, "url", None) or "").netloc
