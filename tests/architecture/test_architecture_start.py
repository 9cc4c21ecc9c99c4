"""What a process loads before it does anything: a restart of `xc serve` is read by customers as an outage."""

from __future__ import annotations

import subprocess
import sys

NOT_AT_START = ("alembic", "cryptography", "httpx", "joserfc", "numpy", "psycopg", "rich")
"""Migrations, tokens of providers, the simulation, PostgreSQL: loaded where they are needed, and each takes as long as
everything of ours together."""


def test_serving_loads_only_what_every_region_needs() -> None:
    asked = f"import sys, crossconnect.cli.commands.serve; print(*[m for m in {NOT_AT_START} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, timeout=300)
    assert said.stdout.split() == []
