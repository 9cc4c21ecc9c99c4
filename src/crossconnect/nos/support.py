"""What a network OS supports, as data: the matrix in docs/reference and the findings at validate time come from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Finding, Place, found
from crossconnect.nos.codes import UNSUPPORTED
from crossconnect.nos.features import BY_KEY, used_features

State = Literal["run", "rendered", "partial", "none"]


class Support(msgspec.Struct, frozen=True):
    """How far a feature goes on a network OS.

    `run`: rendered, and seen to work on the real software. `rendered`: rendered by the documentation, never run on a
    device here. `partial`: something is missing, which `reason` says, and the system's own findings where it matters.
    `none`: not on this system; `reason` then says why, and `nearest` the nearest thing that it can do.
    `reason` may also say what is different where it is supported.
    """

    state: State
    reason: str = ""
    nearest: str = ""


UNSAID = Support("none", "its renderer does not say that it knows it", "ask whoever maintains the renderer")
"""What holds of a feature that a support table leaves out."""


def support_findings(device: DeviceConfiguration, title: str, table: Mapping[str, Support]) -> Iterator[Finding]:
    """Features that the device is asked for and its network OS lacks: one finding each, at the first place that asks.

    `title` is the network OS as people call it.
    """
    for key, paths in used_features(device).items():
        support = table.get(key, UNSAID)
        if support.state != "none":
            continue
        feature = BY_KEY[key]
        finding = found(
            UNSUPPORTED,
            Place(path=paths[0]),
            f"{device.name}: no {feature.title} on {title}: {support.reason}",
            hint=support.nearest,
            related=tuple(Place(path=path) for path in paths[1:3]),
        )
        yield msgspec.structs.replace(finding, severity=feature.severity)
