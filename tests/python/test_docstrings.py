"""Every example in a docstring runs, and every public name has a docstring."""

import doctest
import inspect
import io

import pytest

import bactrian as bt

FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
MODULES = [bt, bt.bandits, bt.cluster, bt.clv, bt.evaluation, bt.graph, bt.humps, bt.loyalty, bt.models, bt.segments]
PUBLIC = [getattr(module, name) for module in MODULES for name in module.__all__]
# A class is documented with those that it extends.
CLASSES = [
    owner for kind in filter(inspect.isclass, PUBLIC) for owner in kind.__mro__ if owner.__module__.startswith("bactrian")
]


def documented():
    for module in MODULES:
        yield module.__name__, module.__doc__
    for call in filter(inspect.isroutine, PUBLIC):
        yield call.__name__, call.__doc__
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
