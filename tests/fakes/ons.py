"""The ONS's API: the versions of an edition of a dataset, and the observations of a version."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fakes.server import Asked, Fake, Reply

PATH = re.compile(r"/v1/datasets/([\w-]+)/editions/([\w-]+)/versions(?:/(\d+)/observations)?")


@dataclass(frozen=True)
class Version:
    """A version: when it was released, and its values by the label of their time."""

    released: str
    values: Mapping[str, str]


class Ons(Fake):
    """One series, which has one option for each of its dimensions."""

    def __init__(
        self, dataset: str, dimensions: Mapping[str, str], versions: Sequence[Version]
    ) -> None:
        super().__init__()
        self.dataset, self.dimensions, self.versions = dataset, dimensions, versions

    def answer(self, asked: Asked) -> Reply:
        found = PATH.fullmatch(asked.path)
        if not found or found[1] != self.dataset or found[2] != "time-series":
            return Reply(b"dataset not found\n", "text/plain", 404)
        if found[3]:
            return self._observations(int(found[3]), asked)
        offset, limit = int(asked.query.get("offset", 0)), int(asked.query.get("limit", 20))
        newest_first = list(enumerate(self.versions, 1))[::-1]
        items = [
            {"version": number, "release_date": version.released, "edition": "time-series",
             "state": "published"}
            for number, version in newest_first[offset : offset + limit]
        ]  # fmt: skip
        counts = {"count": len(items), "limit": limit, "offset": offset}
        return Reply.json({"items": items, **counts, "total_count": len(self.versions)})

    def _observations(self, number: int, asked: Asked) -> Reply:
        if {**self.dimensions, "time": "*"} != asked.query:
            return Reply(b"incorrect selection of query parameters\n", "text/plain", 400)
        values = self.versions[number - 1].values
        observations = [
            {"dimensions": {"Time": {"href": "", "id": "Month", "label": label}},
             "observation": value}
            for label, value in values.items()
        ]  # fmt: skip
        return Reply.json(
            {
                "dimensions": {
                    name: {"option": {"id": option}} for name, option in self.dimensions.items()
                },
                "limit": 10000,
                "observations": observations,
                "offset": 0,
                "total_observations": len(values),
            }
        )
