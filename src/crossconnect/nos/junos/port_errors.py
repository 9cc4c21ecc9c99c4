"""Error counters of Junos' ports.

Source: the tables of Juniper's own PyEZ (`PhyPortErrorTable`): `input-errors` in `input-error-list` and `output-errors`
in `output-error-list`, which only `extensive` has. Drops for want of room are counted apart, and are no errors.
"""

from __future__ import annotations

from crossconnect.nos.junos.answer import elements, number, roots, text
from crossconnect.nos.probing import errors_of_all
from crossconnect.nos.reports import ErrorsReport

ERRORS = "show interfaces extensive | display json"
KINDS = (("input-error-list", "input-errors"), ("output-error-list", "output-errors"))


def errors(answer: bytes) -> tuple[ErrorsReport, ...]:
    """`show interfaces extensive`: of each physical interface that counts errors."""
    return tuple(
        ErrorsReport(interface=text(port, "name").strip(), errors=sum(number(text(port, *of_it)) for of_it in KINDS))
        for information in roots(answer, "interface-information")
        for port in elements(information, "physical-interface")
        if any(of_it[0] in port for of_it in KINDS)
    )


errors_query = errors_of_all("cli", ERRORS, errors)
