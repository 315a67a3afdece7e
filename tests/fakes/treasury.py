"""The Treasury's feed of daily rates, in the form of what its site sends for a year."""

from collections.abc import Mapping

from fakes.server import Asked, Fake, Reply

PATH = "/resource-center/data-chart-center/interest-rates/pages/xml"
DAYS = {"daily_treasury_bill_rates": "INDEX_DATE"}
HEAD = """<?xml version="1.0" encoding="utf-8" standalone="yes" ?>
<{root} xmlns="http://www.w3.org/2005/Atom"><title type="text">{feed}</title>
<id>{feed}</id><updated>2026-11-30T16:00:32Z</updated>"""
ENTRY = """<entry><title type="text"></title><updated>2026-11-30T16:00:32Z</updated>
<author><name /></author><content type="application/xml">
<m:properties xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
 xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices">
<d:Id m:type="Edm.Int32">{id}</d:Id>
<d:{day} m:type="Edm.DateTime">{date}T00:00:00</d:{day}>
{rates}</m:properties></content></entry>"""


class Treasury(Fake):
    """Rates by day and property, such as {"2024-09-03": {"BC_1MONTH": "5.38"}}; None is null."""

    def __init__(self, rates: Mapping[str, Mapping[str, str | None]], root: str = "feed") -> None:
        super().__init__()
        self.rates, self.root = rates, root

    def answer(self, asked: Asked) -> Reply:
        if asked.path != PATH:
            return Reply(b"", status=404)
        feed, year = asked.query["data"], asked.query["field_tdr_date_value"]
        day = DAYS.get(feed, "NEW_DATE")
        entries = [
            ENTRY.format(id=number, day=day, date=date, rates="".join(map(_rate, rates.items())))
            for number, (date, rates) in enumerate(sorted(self.rates.items()))
            if date.startswith(year)
        ]
        body = HEAD.format(root=self.root, feed=feed) + "".join(entries) + f"</{self.root}>"
        return Reply.text(body, "application/xml; charset=utf-8")


def _rate(pair: tuple[str, str | None]) -> str:
    name, value = pair
    if value is None:
        return f'<d:{name} m:type="Edm.Double" m:null="true" />\n'
    return f'<d:{name} m:type="Edm.Double">{value}</d:{name}>\n'
