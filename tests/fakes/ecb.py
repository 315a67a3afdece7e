"""The ECB's files of reference rates, as of a day: the archive, 90 days and one day of XML."""

import csv
import gzip
import io
import zipfile
from datetime import date, timedelta
from pathlib import Path

from fakes.server import Asked, Fake, Reply

FOLDER = "/stats/eurofxref/"
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<gesmes:Envelope'
    ' xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"'
    ' xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">'
    "<gesmes:subject>Reference rates</gesmes:subject><gesmes:Sender>"
    "<gesmes:name>European Central Bank</gesmes:name></gesmes:Sender><Cube>"
)


class Ecb(Fake):
    """It has these rates, newest first, up to `today`, which may be moved on.

    Args:
        rates: texts by day and currency.
        today: the newest day that is published.
    """

    def __init__(self, rates: dict[date, dict[str, str]], today: date) -> None:
        super().__init__()
        self.rates, self.today = rates, today

    @property
    def address(self) -> str:
        """What stands in `fetch.addresses`."""
        return self.base + FOLDER.rstrip("/")

    def answer(self, asked: Asked) -> Reply:
        """One of three files."""
        days = sorted((day for day in self.rates if day <= self.today), reverse=True)
        match asked.path.removeprefix(FOLDER):
            case "eurofxref-hist.zip":
                return Reply(
                    zipped(archive({day: self.rates[day] for day in days})), "application/zip"
                )
            case "eurofxref-hist-90d.xml":
                since = self.today - timedelta(days=90)
                return self._xml([day for day in days if day > since])
            case "eurofxref-daily.xml":
                return self._xml(days[:1])
        return Reply(b"<html>404</html>", "text/html", 404)

    def _xml(self, days: list[date]) -> Reply:
        cubes = [
            f"<Cube time='{day}'>"
            + "".join(
                f"<Cube currency='{currency}' rate='{rate}'/>"
                for currency, rate in self.rates[day].items()
                if rate != "N/A"
            )
            + "</Cube>"
            for day in days
        ]
        return Reply.text(f"{HEAD}{''.join(cubes)}</Cube></gesmes:Envelope>\n", "text/xml")


def archive(rates: dict[date, dict[str, str]]) -> str:
    """The CSV as the ECB writes it, with a comma at the end of each line."""
    currencies = list(next(iter(rates.values())))
    lines = [",".join(["Date", *currencies, ""])]
    lines += [",".join([str(day), *(of[c] for c in currencies), ""]) for day, of in rates.items()]
    return "\n".join([*lines, ""])


def zipped(text: str) -> bytes:
    """The archive of that CSV."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("eurofxref-hist.csv", text)
    return buffer.getvalue()


def rates_of(path: Path) -> dict[date, dict[str, str]]:
    """What such a CSV holds, in its order; it may be packed by gzip."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
    rows = csv.DictReader(io.StringIO(text))
    return {
        date.fromisoformat(row["Date"]): {k: v for k, v in row.items() if k and k != "Date"}
        for row in rows
    }
