"""Which figures stand on the page, and how."""

import base64
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Figure = Mapping[str, Any]
MOST_BYTES = 1_200_000  # of all figures together; as text in the page they take a third more


def of_scenario(figures: Iterable[Figure], scenario: str) -> list[Figure]:
    """The figures of models in a scenario, which are there."""
    return [f for f in figures if f["scenario"] == scenario and not f["missing"]]


def within(sizes: Mapping[str, int], most: int = MOST_BYTES) -> list[str]:
    """The first of these files that together have no more bytes than `most`."""
    total, kept = 0, []
    for path, size in sizes.items():
        total += size
        if total > most:
            break
        kept.append(path)
    return kept


def shown(figures: Sequence[Figure], contents: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """Those figures whose contents are there, with what an image in a page needs.

    Args:
        figures: as in the listings of `plots` and `strategy_plots`.
        contents: PNGs, by path.

    Returns:
        Each with `source`, `width` and `height` in pixels.
    """
    return [
        {**figure, **_image(contents[figure["file"]])}
        for figure in figures
        if figure["file"] in contents
    ]


def _image(png: bytes) -> dict[str, Any]:
    width, height = struct.unpack(">II", png[16:24])  # of the header, which comes first
    source = "data:image/png;base64," + base64.b64encode(png).decode()
    return {"source": source, "width": width, "height": height}
