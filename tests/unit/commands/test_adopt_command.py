"""`make adopt`: what it says, what it writes, and what it keeps."""

import re
from pathlib import Path

from commands import adopt as command
from tidemark.adopting.proposal import CONFIG, CONTRACT, SCHEMA
from tidemark.errors import InputError

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[3]
NAME = "My $(Data) #1's.csv"
WHOLE = {"PRICES": "units"}  # what is asked of whole numbers


@pytest.fixture
def adopt(tmp_path, monkeypatch):
    """The command in a project with a file of monthly closes, which are whole numbers."""
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schemas").mkdir()
    for name in ("config.yaml", "schemas/prices.json"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    months = pd.date_range("2015-01-01", periods=100, freq="MS").strftime("%Y-%m-%d")
    rows = [f"{month},{15023 + 7 * number}" for number, month in enumerate(months)]
    (tmp_path / NAME).write_text("\n".join(["Date,Close", *rows, ""]), "utf-8")
    return lambda file=NAME, answers=WHOLE, write=True: command._adopt(
        file, "config.yaml", answers, write=write
    )


def written(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in files}


def test_nothing_is_written_without_write(adopt, tmp_path, capsys):
    before = written(tmp_path)
    assert adopt(write=False) == 0
    assert "make adopt FILE='My $(Data) #1'\"'\"'s.csv' PRICES=units WRITE=yes" in (
        capsys.readouterr().out
    )
    assert written(tmp_path) == before


def test_nothing_is_written_while_a_question_is_open(adopt, tmp_path, capsys):
    before = written(tmp_path)
    with pytest.raises(InputError, match="nothing is written while a question is open"):
        adopt(answers={})
    assert "PRICES=hundredths" in capsys.readouterr().out
    assert written(tmp_path) == before
    assert not (tmp_path / "data").exists()


def test_closes_as_they_are_are_told_once(adopt, capsys):
    adopt(write=False)
    said = capsys.readouterr().out
    assert said.count("closes as they are") == 1
    assert "adj_close" not in said


def test_an_answer_to_nothing_is_refused(adopt):
    with pytest.raises(InputError, match="MISSING: answers nothing"):
        adopt(answers={**WHOLE, "MISSING": "real"})


def test_a_name_that_make_cannot_say_gets_a_link(adopt, tmp_path, capsys):
    assert adopt() == 0
    link = tmp_path / "data/own/My_Data_1_s.csv"
    assert f"data/own/{link.name} leads to {NAME}" in capsys.readouterr().out
    assert link.resolve() == tmp_path / NAME
    assert f"path: data/own/{link.name} " in (tmp_path / CONFIG).read_text("utf-8")
    assert adopt() == 0
    assert [entry.name for entry in link.parent.iterdir()] == [link.name]


def test_signs_in_a_folders_name_are_no_pattern(adopt, tmp_path, capsys):
    folder = tmp_path / "closes [old]"
    folder.mkdir()
    (tmp_path / NAME).rename(folder / "IBM.csv")
    assert adopt(folder.name) == 0
    assert "data/own/closes_old leads to closes [old]" in capsys.readouterr().out
    assert re.search(r"path: .?data/own/closes_old/\*\.csv", (tmp_path / CONFIG).read_text("utf-8"))


def test_a_copy_stands_in_where_there_are_no_links(adopt, tmp_path, capsys, monkeypatch):
    def refused(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "symlink_to", refused)
    assert adopt() == 0
    copy = tmp_path / "data/own/My_Data_1_s.csv"
    assert f"{copy.name} is a copy of {NAME} (Operation not supp" in capsys.readouterr().out
    assert copy.read_bytes() == (tmp_path / NAME).read_bytes()
    with (tmp_path / NAME).open("a") as opened:
        opened.write("2023-05-01,15730\n")
    assert adopt() == 0
    assert f"{copy.name} was copied anew from {NAME}" in capsys.readouterr().out
    assert copy.read_bytes() == (tmp_path / NAME).read_bytes()
    assert [path.name for path in copy.parent.glob("[!.]*")] == [copy.name]


@pytest.mark.parametrize("links", [True, False])
def test_files_of_a_folder_are_adopted_again_under_the_same_name(tmp_path, monkeypatch, links):
    def refused(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    if not links:
        monkeypatch.setattr(Path, "symlink_to", refused)
    (tmp_path / "my data").mkdir()
    for file in ("A x.csv", "B x.csv"):
        (tmp_path / "my data" / file).write_text(file)
    for pattern in ("my data/*.csv", "my data/[AB] x.csv"):
        first = command._chosen(pattern)
        for link, target in first.links.items():
            command._linked(Path(link), target)
        assert command._chosen(pattern) == first
        assert (tmp_path / first.names["my data/B x.csv"]).read_text() == "B x.csv"


def test_what_nobody_edited_is_replaced_and_what_somebody_did_is_kept(adopt, tmp_path, capsys):
    adopt()
    first = written(tmp_path)
    adopt(answers={"PRICES": "hundredths"})
    second = written(tmp_path)
    assert first.keys() == second.keys()
    assert first[CONFIG] != second[CONFIG]
    assert "was edited" not in capsys.readouterr().out
    edited = second[CONFIG].replace("seed: 20130301", "seed: 5")
    (tmp_path / CONFIG).write_text(edited, "utf-8")
    adopt()
    assert f"{CONFIG} was edited: the old one is {CONFIG}.old" in capsys.readouterr().out
    assert written(tmp_path) == {**first, f"{CONFIG}.old": edited}


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", "FILE: is empty"),
        ("My Dta.csv", "is not there"),
        ("data/raw/prices.csv", "which the pipeline writes"),
        ("mixed", r"several kinds \(2 .csv, 1 .json\)"),
        ("empty", "holds no file"),
        ("gone.csv", "gone.csv: is a link to what is not there"),
        ("linked/*.csv", "linked/b.csv: is a link to what is not there"),
        ("parts", "parts/b.csv: is a folder, though it is called as a file"),
    ],
)
def test_what_is_no_data_is_refused_with_a_cure(adopt, tmp_path, file, said):
    mixed = ("mixed/a.csv", "mixed/b.csv", "mixed/c.json")
    parts = ("linked/a.csv", "parts/a.csv", "parts/b.csv/0.csv")
    for name in ("data/raw/prices.csv", *mixed, "empty/x/y", *parts):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x", "utf-8")
    for name in ("gone.csv", "linked/b.csv"):
        (tmp_path / name).symlink_to("nowhere.csv")
    with pytest.raises(InputError, match=said) as error:
        adopt(file)
    assert error.value.cure


def test_folders_within_a_folder_are_told(adopt, tmp_path, capsys):
    for name in ("mine/AAPL.csv", "mine/more/IBM.csv", "mine/notes/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((tmp_path / NAME).read_bytes())
    adopt("mine", write=False)
    assert "not looked at: more/, as it is a folder within" in capsys.readouterr().out


def test_a_configuration_that_cannot_be_the_base_is_named(adopt, tmp_path):
    text = (tmp_path / "config.yaml").read_text("utf-8")
    (tmp_path / "config.yaml").write_text(text.replace("alpha: 1.0", "alpha: -1.0"), "utf-8")
    with pytest.raises(InputError, match=r"^config\.yaml: what would follow .*models\.ridge"):
        adopt()
    assert not (tmp_path / CONFIG).exists()
    assert not (tmp_path / SCHEMA).exists()
    assert not (tmp_path / CONTRACT).exists()
