"""README.md: its programs are those that run, its tables those of their files."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def block(language):
    return README.split(f"```{language}\n")[1].split("```")[0]


def test_the_python_program_runs(tmp_path):
    ran = subprocess.run([sys.executable, "-c", block("python")], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "recipe_box" in ran.stdout and "high" in ran.stdout and (tmp_path / "shop.bactrian").exists()


def test_the_c_program_is_one_that_is_compiled_and_run():
    program = (ROOT / "tests" / "c" / "readme.c").read_text()
    assert program.split("*/\n", 1)[1] == block("c")


def test_the_commands_are_those_of_the_program():
    from bactrian._cli import parser

    verbs = [line.split()[1] for line in block("sh").splitlines() + README.split("```sh\n")[2].split("```")[0].splitlines() if line.startswith("bactrian ")]
    known = parser().format_help()
    assert len(verbs) >= 6 and all(verb in known for verb in verbs)


def test_the_tables_are_those_of_their_files():
    ran = subprocess.run([sys.executable, str(ROOT / "tests" / "tables.py"), "--check"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
