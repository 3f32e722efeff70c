"""Ctrl-C in the middle of a call of the core, in a process of its own.

When that is, the process's threads and its CPU time tell: a long call works on a thread that has
the library's name. So the moment is the same on a fast, a slow and a busy machine. The signal comes
from another process, so that no Python thread of the interrupted one is involved.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

WATCHDOG_SECONDS = 300
"""When a process that does not end is ended: many times what a busy machine takes to start one."""

BOUND_CPU_SECONDS = 10.0
"""CPU time that two threads may still use after Ctrl-C: about 0.05 s is what they do use, whatever
else the machine has to do."""

HEED = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
"""Lets a script heed Ctrl-C: shells start what is to run in the background so that it does not."""

WATCHED = f"""{HEED}
import faulthandler
faulthandler.dump_traceback_later({WATCHDOG_SECONDS}, exit=True)
import time
import numpy as np
import fastcluster as fc

fc.set_config(n_jobs=2)  # as long on many cores as on two

def interrupted(call):
    print("now", flush=True)
    try:
        call()
    except KeyboardInterrupt:
        print(time.process_time())
    else:
        print("ended by itself")
"""
"""The head of a script: `interrupted(call)` is to be called once."""

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="reads /proc")


def in_the_core(pid):
    """Say whether a process is in a long call of the core."""
    for task in Path(f"/proc/{pid}/task").glob("*/comm"):
        with suppress(OSError):  # the thread has ended meanwhile
            if task.read_text() == "fastcluster\n":
                return True
    return False


def cpu_seconds(pid):
    """Return the CPU time of all threads of a process, to a clock tick (0.01 s)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def interrupt(process, after=0.0):
    """Send Ctrl-C once the core has worked for so much CPU time; return that of the process."""
    began = None
    while process.poll() is None:
        if in_the_core(process.pid):
            now = cpu_seconds(process.pid)
            began = now if began is None else began
            if now >= began + after:
                process.send_signal(signal.SIGINT)
                return now
        time.sleep(0.005)
    return pytest.fail(f"ended by itself:\n{process.stdout.read()}{process.stderr.read()}")


def interrupt_script(script, after):
    """Run a script after `WATCHED` and interrupt it; return the CPU time that it took to stop.

    Also returns the words that it prints then.
    """
    command = [sys.executable, "-c", WATCHED + script]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            process.stdout.readline()
            sent = interrupt(process, after)
            out, err = process.communicate()
        finally:
            process.kill()
    assert process.returncode == 0, err
    stopped, *words = out.split()
    return float(stopped) - sent, words
