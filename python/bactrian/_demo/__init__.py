"""`bactrian demo`: five acts on real data, each a few lines on a terminal."""

from __future__ import annotations

from time import perf_counter

from bactrian._demo import community, crash, journey

CLOSING = """\
   import bactrian as bt
   engine = bt.Engine.open("shop.bactrian", bt.Definition.from_file("grocery.toml"))
   engine.observe(lines, kind="purchase"); engine.fit(); print(engine["2178"].decide().why)"""


def run() -> int:
    """Play all acts."""
    began = perf_counter()
    shop = journey.Journey()
    acts = (
        ("Who they are: households of a grocer (Complete Journey, a 5% sample of receipt lines)", shop.matrix),
        ("One event: household 2178 buys one more thing", shop.one_event),
        ("Ties: who answers whom, and how soon (a question-and-answer community, half a year)", community.warmth),
        ("Silence: who should get nothing tonight", shop.silence),
        ("Kill and reopen: nothing acknowledged is lost", crash.kill_and_reopen),
    )
    for number, (title, act) in enumerate(acts, 1):
        print(f"{number}. {title}")
        for line in act():
            print(f"   {line}".rstrip())
        print()
    print(f"All of it took {perf_counter() - began:.1f} s. In Python:")
    print(CLOSING)
    return 0
