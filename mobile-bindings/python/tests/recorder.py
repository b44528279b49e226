"""Records notes until it is killed, and says after each call what it acknowledged.

    python recorder.py PATH VISIT
"""

import sys

import countersign as cs

_, path, visit = sys.argv
phone = cs.Phone.open(path, b"k" * 32, cs.LinuxClock())
print("open", flush=True)
n = 0
while True:
    n += 1
    print(phone.add_note(visit, f"note {n}", None).fact, flush=True)
