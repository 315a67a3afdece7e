"""Moving outputs into place, setting aside what people edited, and locks."""

import errno
import os
from pathlib import Path

from tidemark.errors import InputError
from tidemark.files import locks, store
from tidemark.harness import outputs as staging
from tidemark.harness.record import Output
from tidemark.project import HERE

import pytest


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def recorded(path: str) -> dict[str, Output]:
    stat = Path(path).stat()
    sha = store.sha256_file(Path(path))
    return {path: Output(sha, stat.st_size, stat.st_mtime_ns)}


def test_an_edited_output_is_kept_also_on_another_disk(monkeypatch):
    Path("models").mkdir()
    Path("models/x.pkl").write_text("written")
    outputs = staging.Staging(HERE, recorded("models/x.pkl"))
    Path("models/x.pkl").write_text("edited")
    replace = Path.replace

    def within_a_disk(self, target):
        if self.parts[0] != Path(target).parts[0]:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(self), None, str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", within_a_disk)
    outputs.put("models/x.pkl", b"written again")
    outputs.commit()
    assert outputs.kept == ["artifacts/edited_by_hand/models/x.pkl"]
    assert Path(outputs.kept[0]).read_text() == "edited"
    assert Path("models/x.pkl").read_text() == "written again"


def test_what_is_set_aside_is_not_read_to_the_end(monkeypatch):
    """An edit of another size than what was written, and is written now, is one for sure."""
    Path("models").mkdir()
    paths = ("models/x.pkl", "models/gone.pkl")
    for path in paths:
        Path(path).write_text("written")
    before = {name: output for path in paths for name, output in recorded(path).items()}
    outputs = staging.Staging(HERE, before)
    for path in paths:
        os.truncate(path, 10**12)
    outputs.put("models/x.pkl", b"written again")
    outputs.commit()
    outputs.remove(["models/gone.pkl"])
    assert outputs.kept == [f"artifacts/edited_by_hand/{path}" for path in paths]


def test_what_has_the_place_of_an_output_is_named_and_stays():
    Path("models/x.pkl").mkdir(parents=True)
    Path("metrics").write_text("mine")
    Path("features").symlink_to("nowhere")
    outputs = staging.Staging(HERE, {})
    for path, told in (
        ("models/x.pkl", "models/x.pkl: is a folder in place of a file"),
        ("metrics/x.json", "metrics: is a file where a folder is needed"),
        ("features/x.parquet", "features: is a link to nothing"),
    ):
        with pytest.raises(InputError) as error:
            outputs.put(path, b"")
        assert str(error.value).startswith(told)
    assert Path("metrics").read_text() == "mine"


def test_no_lock_waits_for_its_own_process(capsys):
    with locks.held(HERE, "step", print), locks.held(HERE, "step", print):
        pass
    with locks.held(HERE, "step", print), locks.held_if_free(HERE, "step") as free:
        assert not free
    assert capsys.readouterr().out == ""
