"""Commands that run until they are asked to stop: however often and however fast that is said."""

from __future__ import annotations

import signal
import subprocess
import sys

WAITS = """
import time
from worker.cli.local import stop_on_signals
stop = stop_on_signals()
print(stop.is_set(), flush=True)
while not stop.wait(0.0005):
    pass
# The others may come while it stops.
end = time.monotonic() + 1
while time.monotonic() < end:
    stop.wait(0.001)
print(stop.is_set(), flush=True)
"""


def test_many_signals_at_once_stop_a_command_as_one_does() -> None:
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            try:
                assert child.stdout.readline() == "False\n"
                for number in (signal.SIGINT, signal.SIGTERM) * 1000:
                    child.send_signal(number)
                said, _ = child.communicate(timeout=30)
                assert (said, child.returncode) == ("True\n", 0)
            finally:
                child.kill()


def test_nobody_is_stopped_who_was_not_asked() -> None:
    said = "from worker.cli.local import Stop; s = Stop(); print(s.wait(0.01), s.is_set()); s.ask(); s.ask(); print(s.wait(), s.is_set())"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["False False", "True True"]
