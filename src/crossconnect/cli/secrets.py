"""Secrets by reference: `env:NAME` or `file:PATH`. Nothing here prints or stores one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput


def references_of(blueprint: Blueprint) -> frozenset[str]:
    """Every secret that the blueprint's sessions refer to."""
    devices = (
        neighbor.password
        for device in blueprint.devices
        for instance in device.network_instances
        if instance.bgp is not None
        for neighbor in instance.bgp.neighbors
    )
    peers = (session.password for peer in blueprint.peers for session in peer.sessions)
    return frozenset(reference for reference in (*devices, *peers) if reference)


def resolve(references: Iterable[str]) -> Mapping[str, str]:
    """Look every reference up. BadInput names all that cannot be found, and never what was found."""
    found: dict[str, str] = {}
    missing: list[str] = []
    for reference in sorted(references):
        kind, _, name = reference.partition(":")
        secret = os.environ.get(name) if kind == "env" else _read(Path(name)) if kind == "file" else None
        if secret is None:
            missing.append(reference)
        else:
            found[reference] = secret
    if missing:
        raise BadInput(f"secrets cannot be found: {', '.join(missing)}; set the variable or write the file")
    return found


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
