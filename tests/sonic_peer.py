"""A box with SONiC's commands, behind a real sshd: `config`, `sonic-cfggen`, `vtysh`, `systemd-run` and `systemctl` of
their published behaviour, over files in a directory. It has no YANG models and forwards nothing.

Words of the answers: sonic-utilities (pull requests 1536, 1885) and sonic-buildimage #13267.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ssh_peers import Sshd

_PROGRAM = """\
#!{python}
import json, os, pathlib, shutil, subprocess, sys
home = pathlib.Path("{home}")
db = home / "db.json"
name, words = os.path.basename(sys.argv[0]), sys.argv[1:]
def fails(what):
    sys.exit("Failed to " + what)
def patched(tables, patch):
    for step in patch:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
        here = tables
        for part in way:
            here = here[part]
        if step["op"] == "remove":
            del here[last]
        else:
            here[last] = step["value"]
    if "COLOUR" in tables:
        fails("apply patch: Given patch will produce invalid config")
    return tables
if name == "sonic-cfggen":
    print(db.read_text())
elif name == "vtysh":
    if "-c" in words:
        print((home / "frr.conf").read_text())
    elif given := sys.stdin.read():
        (home / "frr.conf").write_text(given)
elif name == "config":
    (home / "log").open("a").write(" ".join(words[:2]) + "\\n")
    match words[0]:
        case "apply-patch":
            new = patched(json.loads(db.read_text()), json.loads(pathlib.Path(words[-1]).read_text()))
            if "--dry-run" not in words and not (home / "deaf").exists():
                db.write_text(json.dumps(new))
            print("Patch applied successfully.")
        case "checkpoint":
            shutil.copy(db, home / (words[1] + ".cp.json"))
            print("Config Rollbacker: Config checkpoint completed.")
            print("Checkpoint created successfully.")
        case "delete-checkpoint":
            (home / (words[1] + ".cp.json")).unlink()
        case "rollback":
            if (home / "no-rollback").exists():
                fails("rollback config")
            shutil.copy(home / (words[1] + ".cp.json"), db)
        case "load":
            more = json.loads(pathlib.Path(words[-1]).read_text())
            db.write_text(json.dumps({{**json.loads(db.read_text()), **more}}))
        case "save":
            shutil.copy(db, home / "saved.json")
elif name == "systemd-run":
    options = dict(word[2:].split("=", 1) for word in words if word.startswith("--") and "=" in word)
    command = "sleep %s; exec %s" % (options["on-active"], " ".join(words[-2:]))
    null = subprocess.DEVNULL
    timer = subprocess.Popen(["sh", "-c", command], start_new_session=True, stdin=null, stdout=null, stderr=null)
    (home / (options["unit"] + ".timer")).write_text(str(timer.pid))
elif name == "systemctl":
    timer = home / words[-1]
    number = int(timer.read_text()) if timer.exists() else 0
    if words[0] == "stop" and number:
        timer.unlink()
        os.killpg(number, 9)
    elif words[0] == "is-active":
        sys.exit(0 if number and os.path.exists("/proc/%d" % number) else 3)
"""


class SonicBox:
    """The box. `home` has its CONFIG_DB (`db.json`), FRR's text, what was saved and what it was told (`log`)."""

    def __init__(self, directory: Path, tables: str, routing: str) -> None:
        self.home = directory / "box"
        programs = directory / "bin"
        for made in (self.home, programs):
            made.mkdir(parents=True)
        (self.home / "db.json").write_text(tables)
        (self.home / "saved.json").write_text(tables)
        (self.home / "frr.conf").write_text(routing)
        for name in ("config", "sonic-cfggen", "vtysh", "systemd-run", "systemctl"):
            (programs / name).write_text(_PROGRAM.format(python=sys.executable, home=self.home))
            (programs / name).chmod(0o755)
        start = directory / "start.sh"
        # /run of its own, as each box has.
        place = "mkdir -p /run/crossconnect && mount -t tmpfs none /run/crossconnect"
        start.write_text(f'mount --make-rprivate / && {place} && exec "$@"\n')
        self.sshd = Sshd(directory / "ssh", prefix=("unshare", "--mount", "sh", str(start)))
        configuration = directory / "ssh" / "sshd_config"
        configuration.write_text(f"{configuration.read_text()}SetEnv PATH={programs}:{os.environ['PATH']}\n")

    def timer_ends(self, name: str) -> None:
        """As if the seconds of a timer were over."""
        number = (self.home / f"{name}.timer").read_text()
        subprocess.run(["pkill", "-P", number, "-x", "sleep"], check=True)
