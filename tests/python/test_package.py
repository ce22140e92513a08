"""What the package promises by itself: light to import, typed, without dependencies."""

import importlib.metadata
import inspect
import subprocess
import sys
from pathlib import Path

import bactrian as bt

PACKAGE = Path(bt.__file__).parent


def python(program, *arguments):
    return subprocess.run(
        [sys.executable, *arguments, "-c", program], capture_output=True, text=True, check=True
    ).stdout


def test_importing_imports_nothing_else():
    program = "import sys; before = set(sys.modules); import bactrian; print(*sorted(set(sys.modules) - before))"
    faces = ("bandits", "cluster", "clv", "evaluation", "graph", "humps", "loyalty", "models", "segments")
    own = {"bactrian", "bactrian._errors", "bactrian._native", *(f"bactrian.{face}" for face in faces)}
    assert set(python(program).split()) - {"__future__"} == own


def test_no_dependencies():
    assert not importlib.metadata.requires("bactrian")
    blocked = "import sys\nfor name in ('numpy', 'pandas', 'pyarrow', 'polars'): sys.modules[name] = None\n"
    program = blocked + (
        "import bactrian as bt\n"
        'engine = bt.Engine(bt.Definition.from_toml(\'[event.visit]\\ncustomer = "who"\\nat = "at"\\n[feature.visits]\\ncount = "event"\\non = "visit"\'))\n'
        "engine.observe([{'who': 1, 'at': '2024-01-01'}])\n"
        "print(engine.score().to_dict(), engine.score())\n"
        "try:\n    engine.score().to_numpy()\nexcept ImportError:\n    print('no numpy')\n"
    )
    assert python(program).startswith("{'customer': [1], 'visits': [1.0]}") and python(program).endswith("no numpy\n")


def test_all_is_what_there_is():
    public = {name for name in vars(bt) if not name.startswith("_")} | {"__version__"}
    assert public == set(bt.__all__)
    assert bt.__version__ == importlib.metadata.version("bactrian")


def test_stubs_are_the_compiled_half():
    config = PACKAGE.parent / "pyproject.toml"
    command = [
        sys.executable,
        "-m",
        "mypy.stubtest",
        "bactrian._native",
        "--mypy-config-file",
        str(config),
        "--concise",
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


TYPED = """
import datetime
import numpy, pandas, polars, pyarrow
import bactrian as bt

engine: bt.Engine = bt.Engine(bt.Definition.from_toml(""), seed=1)
for table in (pandas.DataFrame(), polars.DataFrame(), {"customer": [1]}, [{"customer": 1, "at": "2024-01-01"}]):
    report: bt.IngestReport = engine.observe(table, kind="purchase", customer="who")
engine.advance_to(numpy.datetime64("2024-01-01"))
engine.advance_to(datetime.date(2024, 1, 1))
spend: list[float | None] = engine.score(["anna", 7], columns=["spend"], at=1.5, toward="ben")["spend"]
why: str = engine["anna"].toward(numpy.uint64(7)).decide(record=False).why
rows: int = len(report.rejected) + report.accepted
engine.decide(b"anna")  # type: ignore[arg-type]
engine.observe(7)  # type: ignore[arg-type]
engine.nonsense  # type: ignore[attr-defined]
"""


def test_code_of_users_type_checks(tmp_path):
    (tmp_path / "typed.py").write_text(TYPED)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "--ignore-missing-imports", "typed.py"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_py_typed_and_data_are_shipped():
    assert (PACKAGE / "py.typed").exists()
    for name in ("grocery", "community"):
        assert bt.Definition.from_file(PACKAGE / "data" / f"{name}.toml").check() == []


def test_classes_say_where_they_live():
    for name in bt.__all__:
        thing = getattr(bt, name)
        assert not inspect.isclass(thing) or (thing.__module__, thing.__qualname__) == ("bactrian", name)
    for name in bt.models.__all__:
        thing = getattr(bt.models, name)
        assert not inspect.isclass(thing) or (thing.__module__, thing.__qualname__) == ("bactrian.models", name)
