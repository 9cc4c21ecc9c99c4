"""The shape of CONFIG_DB: tables and entries are objects, lists are values; and which entries the switch has anyway."""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.nos.document import Shape

SHAPE = Shape()

INHERENT: Mapping[str, Mapping[str, str]] = {
    "PORT": {"admin_status": "down"},
    "DEVICE_METADATA": {},
    "FEATURE": {"state": "disabled"},
}
"""Tables whose entries come with the switch and its image, and what an entry has that the design says nothing of. They
are changed field by field: the rest of an entry (`lanes`, `speed`, `hwsku`) is not ours."""
