"""What a caller chooses about a lab, beyond the blueprint."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

import msgspec

from crossconnect.errors import BadInput, Unsupported

BackendName = Literal["namespace", "kernel-vrf", "uml"]
FrrVersion = Literal["8.4", "10"]
BfdPace = Literal["auto", "as-configured"]

NAME_LENGTH_MAX = 32
"""Lab names are directory names and part of process titles."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


class LabOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of one lab. `timeout_s` bounds each phase of bringing it up (creation, start of daemons)."""

    name: str
    run_root: str = ""
    """Where run directories are; empty for the user's own place (`default_run_root`)."""
    backend: BackendName | Literal["auto"] = "auto"
    lldp: bool = True
    """Whether every switch runs lldpd; a big lab saves two processes a switch without."""
    keep: bool = False
    """Leave what came up when `up` fails, to look at it; `down` removes it later."""
    timeout_s: float = 180.0
    frr: FrrVersion = "8.4"
    """FRR that the switches run: the installed 8.4, or 10.x out of a root of its own (`frr_root`)."""

    bfd: BfdPace = "auto"
    """Whether BFD may be slower than configured where this machine could not keep up (`pace`)."""

    @property
    def root(self) -> Path:
        """The directory that holds run directories."""
        return Path(self.run_root) if self.run_root else default_run_root()


def default_run_root() -> Path:
    """`/run/crossconnect` for root, the user's runtime directory otherwise."""
    if os.geteuid() == 0:
        return Path("/run/crossconnect")
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime, "crossconnect") if runtime else Path(f"/tmp/crossconnect-{os.geteuid()}")


def frr_root(version: FrrVersion) -> str:
    """Root directory of an FRR that is not the machine's own; empty for the installed one.

    10.x is looked for in `XC_FRR10_ROOT`, else where `tools/frr10-root` unpacks it. Raises Unsupported without one.
    """
    if version == "8.4":
        return ""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    root = Path(os.environ.get("XC_FRR10_ROOT") or Path(cache, "crossconnect", "frr10"))
    if not (root / "usr/lib/frr/mgmtd").exists():
        raise Unsupported(f"there is no FRR 10 in {root}: tools/frr10-root puts it there")
    return str(root)


def checked_name(name: str) -> str:
    """The name of a lab, if it can be one. Raises BadInput."""
    if not _NAME.fullmatch(name) or len(name) > NAME_LENGTH_MAX:
        raise BadInput(
            f"{name!r} cannot name a lab: lower-case letters, digits and `-`, at most {NAME_LENGTH_MAX} characters"
        )
    return name
