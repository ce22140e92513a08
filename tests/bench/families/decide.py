"""Deciding for one customer and for all: 50 actions over five channels, rules, caps, linear scores, recorded."""

from harness import rust, row

row("decide: 50 actions, recorded, Rust, p50", "us", lambda: rust("decide-p50") * 1e6, goal=20)
row("decide for all: 50 actions, recorded", "decisions/s", lambda: 1.0 / rust("decide-batch"), goal=1e5)
