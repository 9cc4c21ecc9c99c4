"""The process that holds a lab together: process 1 of the lab's own process namespace, parent of every node's.

A script of the standard library alone, run as `python -I -S holder.py` with a pipe on its standard input and output;
one JSON document per line on either side.

    caller                              holder
      |-- start (name, root, rootless) --->|  new user (rootless), process, mount, network namespaces
      |<-- {"pid", "namespace"} -----------|
      |   writes both to its journal       |
      |-- {"nodes": [...]} --------------->|  per node: network, mount, uts namespaces, kernel settings, then `sleep`
      |<-- {"node", "pid", "skipped"} -----|  (one line per node)
      |<-- {"done"} -----------------------|  now only reaps what dies

When the caller goes away before it has written down who the holder is, the holder sees its input end, and goes too.
Whoever kills the holder kills every process of the lab with it (pid_namespaces(7)), and with the last process the
namespaces, their interfaces and their mounts are gone: nothing is left outside but the run directory.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import sys

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWUSER = 0x20000, 0x4000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18
PR_SET_NAME = 15

# /run last: run directories may themselves lie under /run, and could not be found any more once it is covered.
MOUNTS = (("etc-frr", "/etc/frr"), ("etc-group", "/etc/group"), ("tmp", "/var/tmp"), ("run", "/run"))
"""What is in a node's own directory -> where the node sees it. FRR keeps crash logs in /var/tmp/frr. /run comes last:
run directories may themselves be there, and are then out of sight."""

libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags):
    """unshare(2)."""
    if libc.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare: " + os.strerror(ctypes.get_errno()))


def mount(source, target, kind, flags=0, data=""):
    """mount(2)."""
    if libc.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode()):
        raise OSError(ctypes.get_errno(), "mount " + target + ": " + os.strerror(ctypes.get_errno()))


def say(message, stream=sys.stdout):
    """One line to the caller."""
    stream.write(json.dumps(message) + "\n")
    stream.flush()


def become_root_of_a_user_namespace():
    """Map the only user there is to root (user_namespaces(7))."""
    uid, gid = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open("/proc/self/" + name, "w", encoding="ascii") as file:
            file.write(text)


def apply_sysctls(settings):
    """Set what this kernel has in this network namespace; the names of what it has not are returned."""
    skipped = []
    for key, value in settings:
        try:
            with open("/proc/sys/" + key.replace(".", "/"), "w", encoding="ascii") as file:
                file.write(value)
        except (FileNotFoundError, PermissionError):
            skipped.append(key)
    return skipped


def make_namespace(name, settings):
    """A nested network namespace, kept by a bind mount as `ip netns` does it, seen in this node's mounts only."""
    unshare(CLONE_NEWNET)
    path = "/run/netns/" + name
    with open(path, "w", encoding="ascii"):
        pass
    mount("/proc/self/ns/net", path, "none", MS_BIND)
    apply_sysctls(settings)


def show_in_root(root):
    """Let programs that run by chroot see what the node sees; these mounts are in the node's own mount namespace."""
    for path in ("/etc/frr", "/var/tmp", "/run", "/proc", "/sys", "/dev"):
        mount(path, root + path, "none", MS_BIND | MS_REC)


def make_node(node):
    """Turn this process into a node; returns the kernel settings that do not exist here."""
    unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWNET)
    mount("none", "/", "none", MS_REC | MS_PRIVATE)
    for name, target in MOUNTS:
        source = os.path.join(node["directory"], name)
        if os.path.exists(source) and os.path.exists(target):
            mount(source, target, "none", MS_BIND)
    with contextlib.suppress(OSError):
        # Commands in a node then see, and can only mean, processes of the lab. Some containers refuse it.
        mount("proc", "/proc", "proc")
    with contextlib.suppress(OSError):
        # Refused in some containers; only tools that read /sys/class/net then see the host's interfaces.
        mount("sysfs", "/sys", "sysfs")
    socket.sethostname(node["name"])
    skipped = apply_sysctls(node["sysctls"])
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    for name in node["namespaces"]:
        make_namespace(name, node["sysctls"])
    if node["root"]:
        show_in_root(node["root"])
    if libc.setns(own, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(own)
    return skipped


def run_node(node):
    """The life of a node's own process, up to exec: says who it is, then sleeps until it is killed."""
    try:
        os.setsid()
        pid = int(os.readlink("/proc/self"))
        skipped = make_node(node)
        say({"node": node["name"], "pid": pid, "skipped": skipped})
    except BaseException as error:
        say({"node": node["name"], "error": str(error)})
        os._exit(1)
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.execvp("sleep", ["xc-node:" + node["name"], "infinity"])


def hold(name):
    """Process 1: nodes are its children; afterwards it only reaps."""
    libc.prctl(PR_SET_NAME, ("xc-lab-" + name)[:15].encode(), 0, 0, 0)
    mount("none", "/", "none", MS_REC | MS_PRIVATE)
    say({"pid": int(os.readlink("/proc/self")), "namespace": os.readlink("/proc/self/ns/pid")})
    line = sys.stdin.readline()
    if not line:
        os._exit(1)  # the caller is gone and nobody knows of us
    nodes = json.loads(line)["nodes"]
    for node in nodes:
        if os.fork() == 0:
            run_node(node)
    say({"done": True})
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            signal.pause()


def main():
    """See the picture above."""
    start = json.loads(sys.stdin.readline())
    try:
        if start["rootless"]:
            become_root_of_a_user_namespace()
        unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWUTS)
        if os.fork() == 0:
            hold(start["name"])
    except BaseException as error:
        say({"error": str(error)})
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
