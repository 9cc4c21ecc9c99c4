"""Ports and port groups by the names that others use."""

from __future__ import annotations

EVERYBODY = "xc_everybody"
"""The port group of all interfaces of the region, which drops what their groups do not allow."""
PORT = "Logical_Switch_Port"
