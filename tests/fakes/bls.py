"""The Public Data API of the BLS, versions 1 and 2, as api_signature.htm and _v2.htm have it."""

import json
from collections.abc import Mapping

from fakes.server import Asked, Fake, Reply

V1, V2 = "/publicAPI/v1/timeseries/data/", "/publicAPI/v2/timeseries/data/"
NAMES = {"M01": "January", "M02": "February", "M13": "Annual"}


class Bls(Fake):
    """Series by id: values by year and period, such as {("2026", "M09"): "4.2"}.

    Args:
        series: as above; the newest value is the first that is sent.
        key: that of the registered user.
        daily: requests that are left today.
        listed: whether `Results` is a list, as the documentation shows it, or what comes: not one.
    """

    def __init__(
        self,
        series: Mapping[str, Mapping[tuple[str, str], str]],
        key: str = "k",
        daily: int = 500,
        listed: bool = False,
    ) -> None:
        super().__init__()
        self.series, self.key, self.daily, self.listed = series, key, daily, listed

    def answer(self, asked: Asked) -> Reply:
        if asked.path.startswith(V2) and asked.method == "GET":
            if asked.query.get("registrationkey") != self.key:
                said = "The key:*** provided by the User is invalid."
                return self._failed("REQUEST_NOT_PROCESSED", said)
            return self._values(asked.path.removeprefix(V2), asked.query, 20)
        if asked.path == V1 and asked.method == "POST":
            body = json.loads(asked.body)
            (id,) = body["seriesid"]
            return self._values(id, body, 10)
        return Reply(b"", status=404)

    def _values(self, id: str, query: Mapping[str, str], longest: int) -> Reply:
        if self.daily <= 0:
            said = "Request could not be serviced, as the daily threshold has been reached."
            return self._failed("REQUEST_NOT_PROCESSED", said)
        self.daily -= 1
        first, last = int(query["startyear"]), int(query["endyear"])
        last = min(last, first + longest - 1)
        known = self.series.get(id)
        data = [
            {"year": year, "period": period, "periodName": NAMES.get(period, period),
             "value": value, "footnotes": [{}]}
            for (year, period), value in sorted((known or {}).items(), reverse=True)
            if first <= int(year) <= last
        ]  # fmt: skip
        years = {row["year"] for row in data}
        said = [f"No Data Available for Series {id} Year: {year}"
                for year in range(first, last + 1) if str(year) not in years]  # fmt: skip
        if known is None:
            said = [f"Series does not exist for Series {id}"]
        found = {"series": [{"seriesID": id, "data": data}]}
        return Reply.json(
            {
                "status": "REQUEST_SUCCEEDED",
                "responseTime": 16,
                "message": said,
                "Results": [found] if self.listed else found,
            }
        )

    def _failed(self, status: str, said: str) -> Reply:
        return Reply.json({"status": status, "responseTime": 0, "message": [said], "Results": {}})
