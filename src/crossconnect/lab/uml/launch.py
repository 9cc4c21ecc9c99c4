"""Start user-mode-linux where the processor's register state is larger than it can save.

user-mode-linux 6.1 moves a guest's floating-point registers by ptrace(2) as `NT_X86_XSTATE`, in a buffer that is large
enough for AVX-512. On processors with AMX the set is larger; the host then hands out its first octets and takes none
back, and the guest's first process dies as it starts ("Attempted to kill init"). Later kernels ask for the size.

There is an older way, taken when the host does not know `NT_X86_XSTATE`: `PTRACE_GETFPREGS`, for x87 and SSE registers
alone. A seccomp filter on the host makes user-mode-linux take it.

    python -S launch.py COMMAND ...  --(filter: ptrace(PTRACE_GETREGSET, ..., NT_X86_XSTATE) = EIO)-->  COMMAND ...

The upper halves of AVX registers are then not saved: a guest's page fault clears them. So the guest's C library is told
to leave AVX alone (`GUEST_ENVIRONMENT`); its string functions are what programs of a lab would use it for.

This file is run by itself and imports nothing of ours.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

GUEST_ENVIRONMENT = "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX_Fast_Unaligned_Load,-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW"
_LARGE_STATE = " amx_tile"
"""Of the flags in /proc/cpuinfo."""

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _SECCOMP_MODE_FILTER = 22, 38, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_ARCHITECTURE_X86_64, _PTRACE, _GETREGSET, _XSTATE, _EIO = 0xC000003E, 101, 0x4204, 0x202, 5
_AT_NUMBER, _AT_ARCHITECTURE, _AT_REQUEST, _AT_REGISTER_SET = 0, 4, 16, 32
"""Octets of seccomp(2)'s struct seccomp_data: system call, architecture, lower halves of arguments 0 and 2."""


def is_needed() -> bool:
    """Whether this host's register state is too large for user-mode-linux."""
    try:
        return _LARGE_STATE in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False


def _program() -> bytes:
    """The filter in classic BPF: four comparisons, each of which leads to the last instruction when it fails."""
    checks = (
        (_AT_ARCHITECTURE, _ARCHITECTURE_X86_64),
        (_AT_NUMBER, _PTRACE),
        (_AT_REQUEST, _GETREGSET),
        (_AT_REGISTER_SET, _XSTATE),
    )
    code: list[tuple[int, int, int, int]] = []
    for index, (offset, wanted) in enumerate(checks):
        to_the_end = 2 * (len(checks) - index) - 1
        code += [(_LOAD, 0, 0, offset), (_EQUAL, 0, to_the_end, wanted)]
    code += [(_RETURN, 0, 0, _FAIL | _EIO), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in code)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _install() -> None:
    """Put the filter on this process and all that it becomes. OSError when the kernel refuses it."""
    library = ctypes.CDLL(None, use_errno=True)
    octets = _program()
    buffer = ctypes.create_string_buffer(octets, len(octets))
    program = _Program(len(octets) // 8, ctypes.addressof(buffer))
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or library.prctl(
        _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "seccomp filter for user-mode-linux")


if __name__ == "__main__":
    _install()
    os.execvp(sys.argv[1], sys.argv[1:])
