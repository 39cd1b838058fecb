"""Tables as files: CSV that every spreadsheet opens as text, xlsx, and lines of JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kb.domain.errors import Refused
from kb.on_demand import on_demand

openpyxl = on_demand("openpyxl")
cells = on_demand("openpyxl.cell")
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


def records(
    path: Path, columns: Collection[str], most_bytes: int
) -> Iterator[tuple[int, dict[str, Any] | Refused]]:
    """Yield (line, row) of a .csv or .jsonl file whose rows have a `source`; what is no row as its refusal.

    columns: what a row may hold. Raises Refused if the file cannot be read at all.
    """
    if path.stat().st_size > most_bytes:
        raise Refused("import.file_too_large", most=most_bytes // 1_000_000)
    data = path.read_bytes()
    if path.suffix.lower() == ".csv":
        yield from _csv_records(data, columns)
        return
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise Refused("import.not_utf8") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _json_record(line, columns)


def _csv_records(data: bytes, columns: Collection[str]) -> Iterator[tuple[int, dict[str, Any] | Refused]]:
    rows = csv_rows(data)
    head = rows[0][1] if rows else []
    unknown = [name for name in head if name not in columns]
    if not head or unknown or "source" not in head:
        raise Refused("numbers.columns", names=", ".join(unknown) or "source")
    for line, cells in rows[1:]:
        row = dict(zip(head, cells, strict=False))
        yield line, Refused("numbers.no_row") if len(cells) > len(head) else row


def _json_record(line: str, columns: Collection[str]) -> dict[str, Any] | Refused:
    try:
        row = parsed(line)
    except ValueError:
        return Refused("numbers.no_row")
    if not isinstance(row, dict):
        return Refused("numbers.no_row")
    unknown = [str(name)[:40] for name in row if name not in columns]
    return Refused("numbers.columns", names=", ".join(unknown)) if unknown else row


def parsed(text: str) -> Any:
    """Return what the JSON says, or raise ValueError: also for what is nested too deep or is no text."""
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair cannot be stored
    except RecursionError as error:
        raise ValueError from error
    return found


def xlsx_bytes(sheets: Iterable[tuple[str, Iterable[Row]]]) -> bytes:
    """Return a workbook. sheets: (name, rows); texts stay texts, whatever they begin with."""
    book = openpyxl.Workbook(write_only=True)
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
    cell = cells.WriteOnlyCell(sheet, value="".join(c for c in value if c >= " " or c in "\t\n"))
    if cell.data_type in "fe":  # a formula, or an error such as #N/A
        cell.data_type = "s"
    return cell
