"""What the kernel knows about a process, read from outside."""

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf('SC_CLK_TCK')


def cpuSeconds(pid: int) -> float:
    """Return utime + stime of all threads: to the nanosecond where the kernel keeps schedstat, else in ticks."""
    try:
        tasks = [(task / 'schedstat').read_text() for task in Path(f'/proc/{pid}/task').iterdir()]
    except FileNotFoundError:
        fields = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
    return sum(int(text.split()[0]) for text in tasks) / 1e9


def statusOf(pid: int, task: str = '') -> dict[str, str]:
    """Return the fields of /proc/PID/status."""
    lines = Path(f'/proc/{pid}/{task}/status').read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(':') for line in lines)}


def residentBytes(pid: int) -> int:
    """Return the resident set size."""
    return int(statusOf(pid)['VmRSS'].split()[0]) * 1024


def contextSwitches(pid: int) -> int:
    """Return the context switches so far, voluntary and not, of all threads."""
    kinds = ('voluntary_ctxt_switches', 'nonvoluntary_ctxt_switches')
    tasks = [statusOf(pid, f'task/{task.name}') for task in Path(f'/proc/{pid}/task').iterdir()]
    return sum(int(status[kind]) for status in tasks for kind in kinds)


def waitingBytes(pid: int, port: int) -> int:
    """Return what waits unread in the UDP sockets on ``port`` in the process's network namespace."""
    rows = [line.split() for line in Path(f'/proc/{pid}/net/udp').read_text().splitlines()[1:]]
    return sum(int(row[4].split(':')[1], 16) for row in rows if int(row[1].split(':')[1], 16) == port)


def overflows(pid: int) -> int:
    """Return how many datagrams were lost to full receive buffers in the process's network namespace."""
    names, values = (
        line.split() for line in Path(f'/proc/{pid}/net/snmp').read_text().splitlines() if line.startswith('Udp:')
    )
    return int(values[names.index('RcvbufErrors')])
