"""Tables as files: CSV that every spreadsheet opens as text, and xlsx."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from kb.domain.errors import Refused

RISKY = tuple("=+-@\t\r＝＋－＠")
"""A cell that begins with one of these would be reckoned as a formula."""
LARGEST_SHEET_NAME = 31
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Row = Sequence[Any]


def guarded(value: Any) -> Any:
    """Return the cell so that no spreadsheet takes its text for a formula; numbers stay numbers."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(RISKY) else value


def unguarded(text: str) -> str:
    """Return what was written before `guarded`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(RISKY) else text


def csv_bytes(rows: Iterable[Row]) -> bytes:
    """Return the rows as CSV: UTF-8 with BOM, CRLF, risky cells quoted with '."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def csv_rows(data: bytes) -> list[tuple[int, list[str]]]:
    """Return (line number, cells) of each row that is not empty. Raises Refused("numbers.not_csv")."""
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        return [
            (reader.line_num, [unguarded(cell.strip()) for cell in row])
            for row in reader
            if any(cell.strip() for cell in row)
        ]
    except (UnicodeDecodeError, csv.Error):
        raise Refused("numbers.not_csv", field="file") from None


def xlsx_bytes(sheets: Iterable[tuple[str, Iterable[Row]]]) -> bytes:
    """Return a workbook. sheets: (name, rows); texts stay texts, whatever they begin with."""
    book = Workbook(write_only=True)
    for name, rows in sheets:
        sheet = book.create_sheet(name[:LARGEST_SHEET_NAME])
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value="".join(c for c in value if c >= " " or c in "\t\n"))
    if cell.data_type in "fe":  # a formula, or an error such as #N/A
        cell.data_type = "s"
    return cell
