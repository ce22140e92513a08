"""Every example in a docstring runs, and every public name has a docstring."""

import doctest
import inspect
import io

import pytest

import bactrian as bt

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
ROOMS = [bt, bt.graph, bt.models]
PUBLIC = [getattr(room, name) for room in ROOMS for name in room.__all__]
CLASSES = [thing for thing in PUBLIC if inspect.isclass(thing)]
OTHERS = [thing for thing in PUBLIC if inspect.ismodule(thing) or inspect.isfunction(thing)]


def documented():
    yield "bactrian", bt.__doc__
    for thing in OTHERS:
        yield thing.__name__, thing.__doc__
    for owner in CLASSES:
        yield owner.__name__, owner.__doc__
        for name, member in vars(owner).items():
            if not name.startswith("_"):
                yield (
                    f"{owner.__name__}.{name}",
                    inspect.getdoc(getattr(owner, name, member)) or getattr(member, "__doc__", None),
                )


DOCUMENTED = dict(documented())
EXAMPLES = {name: text for name, text in DOCUMENTED.items() if text and ">>>" in text}
SLOTS = ("column", "hint", "line", "message", "path", "severity")


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name, engine):
    test = doctest.DocTestParser().get_doctest(EXAMPLES[name], {"bt": bt, "engine": engine}, name, None, 0)
    said = io.StringIO()
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.write)
    assert result.failed == 0, said.getvalue()


def test_every_public_name_is_documented():
    bare = [name for name, text in DOCUMENTED.items() if not text and name.partition(".")[2] not in SLOTS]
    assert bare == []
    assert len(EXAMPLES) >= 20
