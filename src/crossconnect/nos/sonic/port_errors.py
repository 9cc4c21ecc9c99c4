"""Error counters of SONiC's ports: those of the switch chip, of which the kernel does not know.

Source: `portstat` of sonic-utilities, and how sonic-mgmt's tests read `portstat -j`: numbers are texts with commas,
`N/A` where a chip does not count, and a line before the JSON says when somebody has set the counters to 0.
"""

from __future__ import annotations

import json
from typing import cast

from crossconnect.nos.probing import errors_of_all
from crossconnect.nos.reports import ErrorsReport

ERRORS = "portstat -j"
KINDS = ("RX_ERR", "TX_ERR")


def errors(answer: bytes) -> tuple[ErrorsReport, ...]:
    """The answer to `ERRORS`. ValueError (that of JSON is one) for any other."""
    _, brace, rest = answer.decode().partition("{")
    ports: object = json.loads(brace + rest)
    counts = cast("dict[str, object]", ports) if isinstance(ports, dict) else {}
    if not counts:
        raise ValueError("an object by port is expected")
    found = [
        ErrorsReport(interface=port, errors=sum(_number(cast("dict[str, object]", of_it).get(kind)) for kind in KINDS))
        for port, of_it in sorted(counts.items())
        if isinstance(of_it, dict)
    ]
    return tuple(found)


def _number(value: object) -> int:
    words = str(value or "0").replace(",", "")
    return 0 if words == "N/A" else int(words)


errors_query = errors_of_all("cli", ERRORS, errors)
