"""How a configuration names a user's files."""

from tidemark.adopting import links

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("mydata/prices.csv", "mydata/prices.csv"),
        ("/data/prices.csv.gz", "/data/prices.csv.gz"),
        ("My Data.csv", "data/own/My_Data.csv"),
        ("a folder/prices.csv", "data/own/prices.csv"),
        ("$HOME #1's.csv.gz", "data/own/HOME_1_s.csv.gz"),
        ("Kurse Zürich.xlsx", "data/own/Kurse_Zurich.xlsx"),
        ("价格.csv", "data/own/data.csv"),
        ("-rf.csv", "data/own/rf.csv"),
        ("EURUSD=X.csv", "data/own/EURUSD_X.csv"),
        ("prices*.csv", "data/own/prices.csv"),
    ],
)
def test_a_name_that_make_cannot_say_gets_a_link(file, path):
    chosen = links.of_file(file, set())
    assert (chosen.names, chosen.path) == ({file: path}, path)
    assert chosen.links == ({} if path == file else {path: file})


def test_a_link_takes_no_name_that_leads_elsewhere():
    chosen = links.of_file("My Data.csv", {"My_Data.csv", "My_Data_2.csv"})
    assert chosen.links == {"data/own/My_Data_3.csv": "My Data.csv"}


@pytest.mark.parametrize(
    ("pattern", "path", "led"),
    [
        ("mydata/*.csv", "mydata/*.csv", {}),
        ("my data/*.csv", "data/own/my_data/*.csv", {"data/own/my_data": "my data"}),
        ("my data/[AB] x.csv", "data/own/my_data/*.csv",
         {f"data/own/my_data/{name} x.csv": f"my data/{name} x.csv" for name in "AB"}),
    ],
)  # fmt: skip
def test_files_of_a_folder_keep_their_names_which_may_be_tickers(pattern, path, led):
    files = [f"{pattern.rpartition('/')[0]}/{name} x.csv" for name in "AB"]
    chosen = links.of_several(pattern, files, set())
    assert (chosen.path, chosen.links) == (path, led)
    folder = path.rpartition("/")[0]
    assert [*chosen.names.values()] == [f"{folder}/A x.csv", f"{folder}/B x.csv"]


@settings(max_examples=30, deadline=None)
@given(st.text(min_size=1, max_size=8), st.sets(st.sampled_from(["data", "a", "a.csv", "data_2"])))
def test_any_name_becomes_one_that_can_be_said(name, taken):
    found = links.safe(name, taken)
    assert links.can_be_said(f"{links.OWN}/{found}")
    assert "*" not in found
    assert found not in taken
