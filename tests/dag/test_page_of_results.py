"""The page as the pipeline leaves it: there, small, and made again by what it is made of."""

MOST = 3_000_000  # bytes
PAGE = "reports/page.html"


def test_the_page_is_small_and_holds_its_figures(cold):
    tree, _ = cold
    page = (tree.path / PAGE).read_bytes()
    assert len(page) < MOST
    assert page.count(b"data:image/png;base64,") > 3
    assert b"<!-- run: summary -->" in page


def test_a_figure_that_is_gone_or_altered_comes_back_and_so_does_the_page(tree):
    page = (tree.path / PAGE).read_bytes()
    figure = next((tree.path / "reports/figs").glob("*_predicted_vs_true.png"))
    drawn = figure.read_bytes()
    figure.unlink()
    outcome = tree.make("all")
    assert {name.split()[0] for name in outcome.ran} == {"plots"}, outcome.stdout
    assert (figure.read_bytes(), (tree.path / PAGE).read_bytes()) == (drawn, page)
    assert tree.make("all").ran == set()


def test_an_edit_of_the_pages_looks_writes_it_anew_and_runs_nothing_else(tree):
    styles = tree.path / "scripts/tidemark/reporting/page/assets/page.css"
    styles.write_text(styles.read_text("utf-8") + "main { color: red; }\n", "utf-8")
    assert tree.make("all").ran == {"reports"}
    assert "main { color: red; }" in tree.text(PAGE)
    styles.unlink()
    outcome = tree.make("all")
    assert outcome.code == 2
    assert "page.css" in outcome.stderr
