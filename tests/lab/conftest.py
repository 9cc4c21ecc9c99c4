"""Tests with real daemons: skipped, and said so, only where no lab can run at all."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import fidelity
import pytest
import record

from crossconnect.lab import probe_host

HERE = Path(__file__).parent
BEGAN = time.monotonic()
RECORD = os.environ.get("XC_FIDELITY_RECORD", "")
"""File that the counts of comparisons are put into; an ordinary run has none, and writes nothing."""
BEGAN_AT = record.source()


def impossible() -> tuple[str, str]:
    """Why no lab runs on this machine at all, and why none runs in its own namespaces; empty where one can."""
    host = probe_host()
    missing = f"these programs are missing: {', '.join(host.missing_programs)}" if host.missing_programs else ""
    return missing, host.namespaces


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mine = [item for item in items if HERE in item.path.parents]
    if not mine:
        return
    # `timeout` and CI end a run by this signal, by which Python would die without taking its labs down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A shell starts what it puts into the background with this one ignored; what we start, and interrupt, would too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    missing, no_namespaces = impossible()
    no_uml = "FRR 10 does not run inside user-mode-linux yet" if fidelity.FRR != "8.4" else ""
    for item in mine:
        item.add_marker(pytest.mark.lab)
        # A guest of user-mode-linux has namespaces of its own, whatever the host allows.
        reason = missing or (no_uml if item.get_closest_marker("uml") else no_namespaces)
        if reason:
            item.add_marker(pytest.mark.skip(reason=f"no lab with real daemons can run here: {reason}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int) -> None:
    """What was compared: a comparison of nothing would pass as well."""
    if not fidelity.COMPARISONS:
        return
    terminalreporter.section("simulated state against real daemons' state")
    for c in fidelity.COMPARISONS:
        terminalreporter.write_line(
            f"{c.case:<28} {c.event:<40} {c.rows:>6} rows {c.differences:>3} different {c.seconds:>6.1f} s"
        )
    rows = sum(c.rows for c in fidelity.COMPARISONS)
    ran = ", ".join(sorted({c.frr for c in fidelity.COMPARISONS}))
    terminalreporter.write_line(
        f"FRR {ran}: {len(fidelity.COMPARISONS)} comparisons, {rows} rows; XC_FIDELITY_SEED={fidelity.SEED} repeats"
    )
    if RECORD and exitstatus != pytest.ExitCode.INTERRUPTED:  # half a run says nothing of what it did not reach
        ended = {word: len(terminalreporter.stats.get(word, ())) for word in ("passed", "failed", "error", "skipped")}
        tests = record.Tests(ended["passed"], ended["failed"] + ended["error"], ended["skipped"])
        record.write(Path(RECORD), fidelity.COMPARISONS, time.monotonic() - BEGAN, BEGAN_AT, tests)
