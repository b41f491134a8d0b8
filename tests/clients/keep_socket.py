#!/usr/bin/env python3
"""Holds a listening Unix socket and runs COMMAND with it, again each time it ends, as systemd does
with a socket unit: whoever connects in between waits in the socket's backlog.

  keep_socket.py PATH COMMAND...

Prints `started pid=N` before the command's own output and `ended code=N` after it. SIGTERM ends both.
"""

import os
import signal
import socket
import subprocess
import sys

# systemd's protocol wants the pid of the very process that gets the descriptor.
AS_ACTIVATED = 'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$@"'
FIRST_FD = 3


def main():
    path, *command = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    os.dup2(listener.fileno(), FIRST_FD, inheritable=True)
    is_leaving = False

    def leave(*_):
        nonlocal is_leaving
        is_leaving = True
        child.terminate()

    code = 0
    while not is_leaving:
        child = subprocess.Popen(["sh", "-c", AS_ACTIVATED, "sh", *command], pass_fds=[FIRST_FD])
        signal.signal(signal.SIGTERM, leave)
        print(f"started pid={child.pid}", flush=True)
        code = child.wait()
        print(f"ended code={code}", flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
