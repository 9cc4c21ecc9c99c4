"""Error counters of SR Linux' ports.

Source: YANG model srl_nokia-interfaces 25.3, `statistics` (ifInErrors and ifOutErrors of the IF-MIB).
"""

from __future__ import annotations

from crossconnect.nos.probing import errors_of_all
from crossconnect.nos.reports import ErrorsReport
from crossconnect.nos.srlinux.answer import entries, number, root, text

ERRORS = "/interface[name=*]/statistics"
KINDS = ("in-error-packets", "out-error-packets")


def errors(answer: bytes) -> tuple[ErrorsReport, ...]:
    """The answer to `ERRORS`: a record per interface that counts."""
    return tuple(
        ErrorsReport(
            interface=text(interface, "name"), errors=sum(number(interface, "statistics", kind) for kind in KINDS)
        )
        for interface in entries(root(answer, "interface"))
        if "statistics" in interface
    )


errors_query = errors_of_all("gnmi", ERRORS, errors)
