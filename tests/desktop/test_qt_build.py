"""The Qt build under us keeps what it borrows: one dropped references to True and None and aborted after 570."""

from __future__ import annotations

import subprocess
import sys

EMISSIONS = 5000
CHILD = f"""
import sys
from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

class Sender(QObject):
    said = Signal(object)

class Listener(QObject):
    heard = 0

    @Slot(object)
    def hear(self, number):
        self.heard += 1

app = QCoreApplication([])
sender, listener = Sender(), Listener()
sender.said.connect(listener.hear)
before = sys.getrefcount(True), sys.getrefcount(None)
for number in range({EMISSIONS}):
    sender.said.emit(number)
    sender.blockSignals(False)
after = sys.getrefcount(True), sys.getrefcount(None)
print(listener.heard, after[0] - before[0], after[1] - before[1])
"""


def test_a_process_outlives_five_thousand_signals_and_keeps_its_references() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    heard, true_change, none_change = (int(word) for word in done.stdout.split())
    assert heard == EMISSIONS
    # a build that loses one reference a call would be thousands down
    assert true_change > -100
    assert none_change > -100
