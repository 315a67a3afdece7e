"""`reports/index.html`: there after every run that changed something, failed ones too."""

import re
import time

from conftest import CUT, Tree

INDEX = "reports/index.html"


def shown(tree: Tree) -> str:
    """The text of the page, when whoever writes it has ended."""
    deadline = time.monotonic() + 60
    while tree.processes() and time.monotonic() < deadline:
        time.sleep(0.02)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", tree.text(INDEX).partition("</head>")[2]))


def test_the_page_tells_of_a_run_and_a_make_with_nothing_to_do_leaves_it(tree: Tree):
    tree.edit("config.yaml", *CUT)
    outcome = tree.make("preprocess", TIDEMARK_PAGE="")
    assert (outcome.code, f"Report: {INDEX} " in outcome.stdout) == (0, True)
    text = shown(tree)
    assert "The last run ( make preprocess ) succeeded" in text
    assert re.search(r"scenarios.outlier_treatment\S+ \S*0.99\S* \S*0.98", text)
    assert "preprocess outlier_treatment" in text
    whole = (tree.path / INDEX).stat()
    assert f"nothing to do. Report: {INDEX}\n" in tree.make("preprocess", TIDEMARK_PAGE="").stdout
    tree.come_to_rest()
    assert (tree.path / INDEX).stat().st_mtime_ns == whole.st_mtime_ns
    (tree.path / INDEX).unlink()
    assert (
        "nothing to do. Report: reports/page.html\n"
        in tree.make("preprocess", TIDEMARK_PAGE="").stdout
    )
    (tree.path / INDEX).touch()
    assert tree.make("clean").code == 0
    assert not (tree.path / INDEX).exists()


def test_the_page_tells_of_a_run_that_failed_and_keeps_the_earlier_results(tree: Tree):
    page = tree.text("reports/page.html").partition("</head>")[2]
    answer = re.search(r'<h1 id="answer-title">(.*?)</h1>', page)[1]
    header, *rows = tree.text("data/sample/prices.csv").splitlines()
    (tree.path / "data/sample/prices.csv").write_text("\n".join([header, "AAPL,no date", *rows]))
    assert tree.make("fetch_data", TIDEMARK_PAGE="").code != 0
    text = shown(tree)
    assert "The last run ( make fetch_data ) failed" in text
    assert "These results are not all up to date" in text
    assert "data/sample/prices.csv" in text
    assert answer in tree.text(INDEX)


def test_before_there_are_results_the_page_has_the_runs_part_alone(tree: Tree):
    tree.make("clean")
    (tree.path / "data/sample/prices.csv").write_text("no prices\n")
    assert tree.make("fetch_data", WARM="0", TIDEMARK_PAGE="").code != 0
    text = shown(tree)
    assert "There are no results yet" in text
    assert "The last run ( make fetch_data ) failed" in text
    assert not (tree.path / "reports/page.html").exists()
