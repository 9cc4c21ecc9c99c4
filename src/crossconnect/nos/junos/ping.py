"""Pings that Junos sends: its `ping` command, answered as JSON like its other questions.

    "ping ... | display json" --> {"ping-results": [{"probe-results-summary": [{"probes-sent": ...}]}]} --> EchoReport

Not as text: over NETCONF that did not come, while JSON did (ansible #32224, Junos 17.1). Elements and their units as in
py-junos-eznc #1195 (`rtt-average` of 268,830 for 0.27 s: microseconds), a ping that nobody answers as in Salt's
documentation of Junos: `probe-results-summary` without times, and `ping-failure`. What a `ping` writes is read as well,
should a release answer so: for IPv6 it ends the same, under `ping6 statistics`. Sources of the command: Junos CLI
reference, "ping" (`wait`: seconds after the last packet). No Junos has been met.
"""

from __future__ import annotations

from crossconnect.nos.junos.answer import elements, number, roots, text
from crossconnect.nos.network_os import Echo
from crossconnect.nos.probing import ONE_BY_ONE_COUNT, read_echo
from crossconnect.nos.reports import EchoReport

_MS = 1e-3
"""Milliseconds of a microsecond."""


def command(echo: Echo) -> str:
    """One packet a second."""
    vrf = "" if echo.vrf == "default" else f" routing-instance {echo.vrf}"
    said = f"ping {echo.destination} source {echo.source} count {ONE_BY_ONE_COUNT} wait 1 no-resolve{vrf}"
    return f"{said} | display json"


def read(place: int, answer: bytes) -> tuple[EchoReport, ...]:
    """What one command says. One that could not be sent has no answer either. ValueError where it says nothing."""
    if not answer.lstrip().startswith(b"{"):
        return read_echo(place, answer)
    found = [one for result in roots(answer, "ping-results") for one in elements(result, "probe-results-summary")]
    if not found:
        return (EchoReport(place=place, sent=ONE_BY_ONE_COUNT, answered=0, round_trip_ms=None),)
    sent, answered = (number(text(found[0], name)) for name in ("probes-sent", "responses-received"))
    if not sent:
        raise ValueError("a ping does not say how many packets were sent")
    mean_us = number(text(found[0], "rtt-average")) if answered else 0
    return (
        EchoReport(
            place=place,
            sent=sent,
            answered=min(sent, answered),
            round_trip_ms=mean_us * _MS if mean_us else None,
        ),
    )
