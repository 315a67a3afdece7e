from tidemark.reporting import narrative

import pytest

ABOUT = "<!-- source: data/sample/prices.csv -->\n"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Plain words.\n", "Plain words.\n"),
        (f"{ABOUT}Of the sample.\n", "Of the sample.\n"),
        ("\n<!--source: data/sample/prices.csv--> \nOf the sample.", "Of the sample."),
        (f"First.\n{ABOUT}", f"First.\n{ABOUT}"),
        ("<!-- a remark -->\nWords.\n", "<!-- a remark -->\nWords.\n"),
        ("", ""),
    ],
)
def test_a_text_of_a_source_that_there_is_counts_without_its_first_line(text, kept):
    told = narrative.of_sources({"introduction": text}, ["a.csv", "data/sample/prices.csv"])
    assert told == ({"introduction": kept}, {})


def test_a_text_of_another_source_does_not_count_and_is_named():
    texts = {"introduction": f"{ABOUT}Five stocks.", "reflection": "Mine.", "evaluation": ABOUT}
    texts, others = narrative.of_sources(texts, ["data/sample/fx.csv"])
    assert texts == {"reflection": "Mine."}
    assert others == dict.fromkeys(["introduction", "evaluation"], "data/sample/prices.csv")
