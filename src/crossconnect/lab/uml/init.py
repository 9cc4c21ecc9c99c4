"""What user-mode-linux runs as its first process: `python -S -B -m crossconnect.lab.uml.init`.

init (PID 1) -- builds the root, loads modules, forks --> server (`guest.serve`)
     +-- reaps orphans until the server ends, then powers the machine off
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import sys
import time
import traceback

from crossconnect.lab.uml.guest import serve
from crossconnect.lab.uml.guest_root import EXCHANGE, MODULES, build_root, load_modules

TUNABLES_VARIABLE = "GLIBC_TUNABLES"
"""What the C library is to leave alone in every process of the guest (see `launch`)."""
EXCHANGE_VARIABLE = "XC_EXCHANGE"
"""Kernel parameter, and so environment variable, with the host's path of the exchange directory."""
DOORBELL = "/dev/ttyS0"
_POWER_OFF = 0x4321FEDC  # LINUX_REBOOT_CMD_POWER_OFF, <linux/reboot.h>


def main() -> None:
    """Bring the guest up, stay until the server ends, power off."""
    try:
        exchange = os.environ[EXCHANGE_VARIABLE]
        tunables = os.environ.get(TUNABLES_VARIABLE)
        os.environ.clear()
        if tunables is not None:
            os.environ[TUNABLES_VARIABLE] = tunables
        os.environ.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", HOME="/root", LANG="C.UTF-8", TERM="dumb")
        build_root(exchange)
        for failure in load_modules(MODULES):
            print(f"module {failure}", flush=True)
        server = os.fork()
        if server == 0:
            os.setsid()
            faulthandler.enable()
            serve(EXCHANGE, DOORBELL)
            os._exit(0)
        ended, status = os.wait()
        while ended != server:
            ended, status = os.wait()
        if status:
            print(f"the server ended with {os.waitstatus_to_exitcode(status)}", flush=True)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # The console's bytes leave through a thread of user-mode-linux; they are lost when the machine stops at once.
        time.sleep(0.02)
        ctypes.CDLL(None).reboot(_POWER_OFF)


if __name__ == "__main__":
    main()
