"""Which figures stand on the page, and how."""

import base64
import struct
from collections.abc import Mapping, Sequence
from typing import Any

Figure = Mapping[str, Any]
MOST_BYTES = 1_200_000  # of all figures together; as text in the page they take a third more


def wanted(of_models: Sequence[Figure], of_strategies: Sequence[Figure]) -> list[str]:
    """The files of figures that a page would show: of strategies, and of the first scenario."""
    first = of_models[0]["scenario"] if of_models else None
    figures = [*of_strategies, *(f for f in of_models if f["scenario"] == first)]
    return [figure["file"] for figure in figures if not figure["missing"]]


def within(contents: Mapping[str, bytes], most: int = MOST_BYTES) -> dict[str, bytes]:
    """The first of these files that together have no more bytes than `most`."""
    kept, left = {}, most
    for path, content in contents.items():
        left -= len(content)
        if left < 0:
            break
        kept[path] = content
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


def left_out(figures: Sequence[Figure], contents: Mapping[str, bytes]) -> list[str]:
    """The files of those that are drawn but do not stand on the page."""
    return [f["file"] for f in figures if not f["missing"] and f["file"] not in contents]


def _image(png: bytes) -> dict[str, Any]:
    width, height = struct.unpack(">II", png[16:24])  # of the header, which comes first
    source = "data:image/png;base64," + base64.b64encode(png).decode()
    return {"source": source, "width": width, "height": height}
