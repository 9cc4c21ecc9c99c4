"""Findings of the lab."""

from __future__ import annotations

from crossconnect.finding import Code, Severity

NO_IMAGE = Code(
    "lab.no-image",
    Severity.ERROR,
    "A lab with vendors' images cannot be written: for a network OS from an extension no image is known.",
    "Give those switches another `nos` for the lab.",
)

CODES: tuple[Code, ...] = (NO_IMAGE,)
