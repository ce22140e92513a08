"""A file that something else overwrites under an open engine: an error where one asks, silence where one lets go."""

import subprocess
import sys

import pytest

TEXT = '[event.purchase]\ncustomer = "customer"\nat = "at"\n[feature.orders]\ncount = "event"\non = "purchase"\n'

MADE = f"""
import os, sys
import bactrian as bt

path, ended = sys.argv[1:]
engine = bt.Engine.open(path, bt.Definition.from_toml({TEXT!r}))
for day in range(3):
    engine.observe({{"customer": list(range(2000)), "at": [day] * 2000}}, kind="purchase")
if ended == "killed":
    os.kill(os.getpid(), 9)
engine.close()
"""

LET_GO = """
import os, sys
import bactrian as bt

path, mode, begin, end = sys.argv[1:]
engine = bt.Engine.open(path, read_only=mode == "reader")
size = os.path.getsize(path)
with open(path, "r+b") as file:
    file.seek(int(begin))
    file.write(b"\\xff" * (size - int(begin)))
if end == "close":
    try:
        engine.close()
    except bt.StoreError:
        print("refused")
assert mode == "writer" or end == "close" or len(engine.score(["1"], columns=["orders"])) == 1
del engine
print("done")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a process is killed by a signal")
@pytest.mark.parametrize("ended", ["closed", "killed"])
@pytest.mark.parametrize("mode", ["reader", "writer"])
def test_an_engine_whose_file_was_overwritten_is_let_go_in_silence(tmp_path, mode, ended):
    """No word on the error output and no failure of the host; whoever only read loses nothing by closing."""
    for begin in (0, 4096):
        for end in ("drop", "close"):
            path = tmp_path / f"{begin}{end}.btn"
            subprocess.run([sys.executable, "-c", MADE, path, ended], check=False)
            done = subprocess.run([sys.executable, "-c", LET_GO, path, mode, str(begin), end], capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, ""), (begin, end)
            assert done.stdout == ("refused\n" if (mode, end) == ("writer", "close") else "") + "done\n"
