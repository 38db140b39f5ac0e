"""Start a program that ends with whoever started it and, for root, under another identity.

Run as a script, standard library only, in its own process::

    python -I -S child.py PARENT SIGNAL IDENTITY PROGRAM [ARGUMENT …]

PARENT is the pid of the starter: when its starting thread dies, by kill -9 too, the kernel
sends SIGNAL (a number) to the program; on systems other than Linux nothing does. IDENTITY
is ``same``; ``namespace``, a user namespace of its own in which root is called nobody; or
``UID:GID``. PROGRAM replaces this process, so its pid and exit are the program's own. A
refusal of the system ends with status 126 and the reason on stderr.
"""

import ctypes
import os
import sys
from pathlib import Path

NOBODY = 65534

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS, NO_SETUID_FIXUP = 28, 1 << 2
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1


def main() -> None:
    """Do what the module says; never returns."""
    parent, signal, identity, *command = sys.argv[1:]
    linux = sys.platform == "linux"
    libc = ctypes.CDLL(None, use_errno=True) if linux else None
    try:
        if identity == "namespace" and libc:
            enter_namespace(libc)
        elif identity != "same":
            user, group = map(int, identity.split(":"))
            become(libc, user, group)
        if libc:
            # Last, since a change of identity forgets it.
            libc.prctl(PR_SET_PDEATHSIG, int(signal), 0, 0, 0)
            if os.getppid() != int(parent):
                sys.exit("the starting process is gone")
        os.execvp(command[0], command)
    except OSError as error:
        print(f"cannot run {command[0]} as {identity}: {error}", file=sys.stderr)
        sys.exit(126)


def enter_namespace(libc: ctypes.CDLL) -> None:
    """Call ourselves nobody, inside; outside, the files we make stay our own."""
    outer_user, outer_group = os.geteuid(), os.getegid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {outer_user} 1"),
        ("gid_map", f"{NOBODY} {outer_group} 1"),
    ):
        Path("/proc/self", name).write_text(text, encoding="ascii")


def become(libc: ctypes.CDLL | None, user: int, group: int) -> None:
    """Give up root for that user, keeping where we can the right to open root's folders.

    PostgreSQL refuses to be root, yet its binaries and data may stand where only root
    may enter; the one capability kept is for that. access(2) heeds it only with the
    secure bit.
    """
    if libc:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
        libc.prctl(PR_SET_SECUREBITS, NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    if not libc:
        return
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    kept = 1 << CAP_DAC_OVERRIDE
    sets = (ctypes.c_uint32 * 6)(kept, kept, kept, 0, 0, 0)
    if libc.capset(header, sets) == 0:
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


if __name__ == "__main__":
    main()
