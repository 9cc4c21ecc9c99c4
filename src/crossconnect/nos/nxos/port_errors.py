"""Error counters of NX-OS' ports.

Source: answers of `show interface | json` in public data: `eth_inerr` and `eth_outerr`, texts with a number. SVIs,
loopbacks and the NVE have none.
"""

from __future__ import annotations

from crossconnect.nos.nxos.answer import object_of, rows
from crossconnect.nos.nxos.collect import INTERFACES
from crossconnect.nos.probing import errors_of_all
from crossconnect.nos.reports import ErrorsReport

KINDS = ("eth_inerr", "eth_outerr")


def errors(answer: bytes) -> tuple[ErrorsReport, ...]:
    """`show interface`: of each interface that counts errors."""
    return tuple(
        ErrorsReport(
            interface=str(row.get("interface", "")), errors=sum(int(str(row.get(kind) or 0)) for kind in KINDS)
        )
        for row in rows(object_of(answer, "TABLE_interface"), "interface")
        if any(kind in row for kind in KINDS)
    )


errors_query = errors_of_all("cli", INTERFACES, errors)
