"""`--fail-link` and `--fail-device`: what to take away before asking."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput
from crossconnect.simulate import Failures

_F = TypeVar("_F", bound=Callable[..., object])


def failures_options(function: _F) -> _F:
    """Both options, each repeatable."""
    link = click.option("--fail-link", "fail_links", multiple=True, metavar="KEY", help="Cut this link (repeatable).")
    device = click.option(
        "--fail-device", "fail_devices", multiple=True, metavar="NAME", help="Switch this device off (repeatable)."
    )
    return link(device(function))


def failures_of(blueprint: Blueprint, links: tuple[str, ...], devices: tuple[str, ...]) -> Failures:
    """The failures named. BadInput for a link or device that the region does not have."""
    wires = {w.key: w.key for w in blueprint.wires}
    wires |= {f"{w.a_device}:{w.a_port}": w.key for w in blueprint.wires}
    wires |= {f"{w.b_device}:{w.b_port}": w.key for w in blueprint.wires}
    names = {d.name for d in blueprint.devices} | {p.name for p in blueprint.peers} | {h.name for h in blueprint.hosts}
    for link in links:
        if link not in wires:
            raise BadInput(f"the region has no link '{link}'; 'xc show links' lists keys and ports (device:port)")
    for device in devices:
        if device not in names:
            raise BadInput(f"the region has no device '{device}'; 'xc show devices' lists them")
    return Failures(links=frozenset(wires[link] for link in links), devices=frozenset(devices))
