"""A secret command that tries what the unit forbids and writes down what it could do; then it prints the address that it is
asked for, its second argument. The first is the file to write to."""

import ctypes
import mmap
import os
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWUSER, PER_LINUX32 = 0x10000000, 8
found, home = {}, os.environ["HOME"]


def attempt(what, how):
    try:
        result = how()
        found[what] = "no" if result is False else "yes"
    except OSError:
        found[what] = "no"


def called(result):
    return result != -1


def written(path):
    open(path, "w").close()
    os.remove(path)


def suid():
    path = os.path.join(os.path.dirname(sys.argv[1]), "suid")
    open(path, "w").close()
    try:
        os.chmod(path, 0o4755)
    finally:
        os.remove(path)


def group():
    user = os.getuid()
    path = f"/sys/fs/cgroup/user.slice/user-{user}.slice/user@{user}.service/app.slice/rig-probe"
    os.mkdir(path)
    os.rmdir(path)


attempt("memory that is written and run", lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close())
attempt("a socket to virtual machines", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close())
attempt("a set-user-id file", suid)
attempt("another personality", lambda: called(libc.personality(PER_LINUX32)))
attempt("a debugger", lambda: called(libc.ptrace(0, 0, 0, 0)))
attempt("a socket for IP", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close())
attempt("write to the data", lambda: written(sys.argv[1] + "-more"))
attempt("write to the home", lambda: written(home + "/rig-probe"))
attempt("write to the config", lambda: written(home + "/.config/cadenced/rig-probe"))
attempt("see the machine's /tmp", lambda: os.path.exists("/tmp/rig-marker"))
attempt("see the disks' /dev", lambda: os.path.exists("/dev/rig-marker"))
attempt("write to /sys", lambda: open("/sys/power/rig-marker", "a").close())
attempt("make a group of processes", group)
attempt("see the kernel's modules", lambda: os.listdir("/usr/lib/modules") != [])
attempt("read the kernel's log", lambda: called(libc.klogctl(3, ctypes.create_string_buffer(4096), 4096)))
attempt("see another user", lambda: os.stat("/tmp/..").st_uid == 0)
# Last: in a namespace of its own everything looks different.
attempt("a namespace of its own", lambda: called(libc.unshare(CLONE_NEWUSER)))
with open("/proc/self/status") as status:
    flags = dict(line.rstrip().split(":\t", 1) for line in status if ":\t" in line)
found["no new privileges"] = {"1": "yes"}.get(flags["NoNewPrivs"], "no")
found["any capability to be had"] = "no" if int(flags["CapBnd"], 16) == 0 else "yes"
with open(sys.argv[1], "w") as out:
    out.writelines(f"{what}: {could}\n" for what, could in found.items())
print(sys.argv[2])
