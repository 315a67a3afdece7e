"""The least that is an .xlsx file: sheets of texts, numbers, days, moments and truths."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DAY, MOMENT, CLOCK = 1, 2, 3  # styles
_STYLES = "".join(f'<xf numFmtId="{number}"/>' for number in (0, 14, 22, 21))


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """A workbook of these sheets, by name; None is a cell without a value."""
    links = [
        f'<Relationship Id="s{n}" Type="{_DOCUMENT}/worksheet" Target="{n}.xml"/>'
        for n in range(len(sheets))
    ]
    styles = f'<Relationship Id="st" Type="{_DOCUMENT}/styles" Target="styles.xml"/>'
    named = [
        f'<sheet name="{escape(name)}" sheetId="{n + 1}" r:id="s{n}"/>'
        for n, name in enumerate(sheets)
    ]
    types = f'<Default Extension="xml" ContentType="{_MAIN}"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{types}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r"'
        f' Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}">'
        f"<sheets>{''.join(named)}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{''.join(links)}{styles}</Relationships>",
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs>{_STYLES}</cellXfs></styleSheet>',
    }
    for n, rows in enumerate(sheets.values()):
        data = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        parts[f"xl/{n}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{data}</sheetData></worksheet>'
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in parts.items():
            archive.writestr(path, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return out.getvalue()


def _cell(value: object) -> str:
    match value:
        case None:
            return "<c/>"
        case bool():
            return f'<c t="b"><v>{value:d}</v></c>'
        case int() | float():
            return f"<c><v>{value!r}</v></c>"
        case datetime():
            return f'<c s="{MOMENT}"><v>{_days(value)!r}</v></c>'
        case date():
            return f'<c s="{DAY}"><v>{_days(datetime(*value.timetuple()[:3])):.0f}</v></c>'
        case timedelta():
            return f'<c s="{CLOCK}"><v>{value / timedelta(1)!r}</v></c>'
        case ValueError():
            return f'<c t="e"><v>{value}</v></c>'
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def _days(moment: datetime) -> float:
    return (moment - datetime(1899, 12, 30)) / timedelta(1)
