"""How a script says that it is a step, and which kinds name its instances."""

from pathlib import Path

from tidemark.dag import graph
from tidemark.errors import InputError
from tidemark.harness.step import step
from tidemark.project import HERE, ROOT, Tree

import pytest

SCRIPT = "from tidemark.harness.step import step\n\n\n{}\ndef smooth(run):\n    pass\n"
MISTAKES = [
    '@step(("scenario",))',
    '@step("scenario")',
    '@step(per=("scenario"))',
    "@step",
]


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write scripts/smooth.py of a project, with this decorator."""
    monkeypatch.chdir(tmp_path)
    Path("scripts").mkdir()
    return lambda decorator: Path("scripts/smooth.py").write_text(SCRIPT.format(decorator))


@pytest.mark.parametrize(
    "decorator", [*MISTAKES, "@step(per=KINDS)", "@step(per=(KIND,))", "@harness.step(KINDS)"]
)
def test_another_form_is_refused_where_steps_are_listed(write, decorator):
    write(decorator)
    with pytest.raises(InputError, match=r"@step\(per=\(") as refused:
        graph.steps(HERE)
    assert refused.value.where == "scripts/smooth.py:4"


@pytest.mark.parametrize("decorator", MISTAKES)
def test_another_form_is_refused_where_it_stands(decorator):
    program = compile(SCRIPT.format(decorator), str(ROOT / "scripts/smooth.py"), "exec")
    with pytest.raises(InputError, match=r"@step\(per=\(") as refused:
        exec(program, {})
    assert refused.value.where == "scripts/smooth.py:4"


def test_a_kind_that_is_not_declared_is_refused(write):
    decorator = '@step(per=("scenario", "modle"))'
    write(decorator)
    program = compile(SCRIPT.format(decorator), str(ROOT / "scripts/smooth.py"), "exec")
    for listed in (lambda: graph.steps(HERE), lambda: exec(program, {})):
        with pytest.raises(InputError, match=r"'modle' \(did you mean model\?\)") as refused:
            listed()
        assert refused.value.where == "scripts/smooth.py:4"


@pytest.mark.parametrize(
    ("decorator", "kinds"),
    [("@step()", ()), ('@step(per=("scenario", "model"))', ("scenario", "model"))],
)
def test_the_form_that_is_read(write, decorator, kinds):
    write(decorator)
    assert graph.steps(HERE) == {"smooth": kinds}
    assert step(per=kinds)(print) is not print


def test_two_instances_of_one_name_are_refused(write):
    write('@step(per=("scenario",))')
    Path("scripts/smooth_models.py").write_text(
        SCRIPT.format('@step(per=("model",))').replace("smooth", "smooth_models")
    )
    keys = {"scenarios": '{"keys": ["models_x"]}', "models": '{"keys": ["x"]}'}
    told = "artifacts/smooth_models_x.ok: is the checkpoint of both smooth models_x and smooth_mod"
    with pytest.raises(InputError, match=told):
        graph.expected(Tree(Path(), Path()), keys.get)
