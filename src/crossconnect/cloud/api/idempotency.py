"""The header by which a POST is carried out once (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import re

from crossconnect.cloud.api.operation import Call
from crossconnect.cloud.api.problem import Denied
from crossconnect.cloud.api.problems import HEADER_MALFORMED

_TOKEN = re.compile(r'"?([!#-~]{1,64})"?', re.ASCII)


def once_key(call: Call) -> str:
    """The client's key, with quotes or without; empty: none."""
    header = call.headers.get("idempotency-key")
    if header is None:
        return ""
    found = _TOKEN.fullmatch(header)
    if not found:
        raise Denied(HEADER_MALFORMED, "Idempotency-Key has 1 to 64 printable ASCII characters, no space")
    return str(found[1])
