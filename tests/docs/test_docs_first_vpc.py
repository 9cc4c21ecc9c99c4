"""The tutorial about VPCs, typed through in a shell against a real API and a real northbound database."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cloud_api import free_port
from ovsdb_server import needs_ovsdb

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorials" / "first-vpc.md"
WAIT_FOR_API = "for n in $(seq 900); do curl -sf http://127.0.0.1:8470/health > /dev/null && break; sleep 0.2; done"


def script() -> str:
    """The page's commands in its order, and its first file where it says so."""
    text = PAGE.read_text(encoding="utf-8")
    lines: list[str] = []
    yaml = re.search(r"```yaml\n(.*?)```", text, re.S)
    assert yaml is not None
    for line in re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M).splitlines():
        if line.startswith("    "):
            command = line.strip()
            lines.append(f"echo {'=' * 8} >&2; {command}" if not command.endswith("&") else command)
            if command == "mkdir -p cloud":
                lines.append(f"cat > cloud/api.yaml <<'END'\n{yaml[1]}END")
            elif command.startswith("xc serve"):
                lines.append(f"echo $! > serve.pid; {WAIT_FOR_API}")
    return "\n".join(lines)


@needs_ovsdb
@pytest.mark.skipif(not shutil.which("jq") or not shutil.which("curl"), reason="needs curl and jq")
def test_the_tutorial_about_vpcs(tmp_path: Path) -> None:
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("XC_")},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XC_SERVE_LISTEN": f"127.0.0.1:{port}",
        "XC_CLOUD_ENDPOINT": f"http://127.0.0.1:{port}",
    }
    text = "set -em\n" + script().replace("8470", str(port))
    try:
        with open(tmp_path / "out", "w") as out:
            # Into a file: a pipe would stay open as long as what runs in the background.
            done = subprocess.run(
                ["bash", "-c", text], cwd=tmp_path, env=environment, stdout=out, stderr=out, timeout=1200, check=False
            )
    finally:
        for file in ("serve.pid", "northbound.pid"):
            with contextlib.suppress(OSError, ValueError):
                os.kill(int((tmp_path / "lab1" / file).read_text()), signal.SIGTERM)
    said = (tmp_path / "out").read_text()
    assert done.returncode == 0, said
    assert "error " not in said, said
    for promised in ("10.0.1.4", '"code": "cidr.length"', "ETag".lower(), "203.0.113.", "0 VPCs", "cuts traffic"):
        assert promised in said, (promised, said)
    shown_log, shown_names = re.findall(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    for line in filter(None, shown_names.splitlines()):
        assert line in said.splitlines(), (line, said)
    log = (tmp_path / "lab1" / "serve.log").read_text()
    assert log == shown_log.replace("8470", str(port))
