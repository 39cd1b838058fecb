"""Files made to harm who reads them, and what reading each costs.

python -m tests.articles.hostile      a row for each: the answer, seconds, how much the server's process grew
"""

from __future__ import annotations

import io
import resource
import struct
import sys
import time
import zipfile
import zlib
from pathlib import Path

from articles.intake.process import accepted
from kb.domain.errors import Reasons, Refused

CONTENT_TYPES = (
    "<?xml version='1.0'?><Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>"
)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
MOST_BYTES = 20 * 2**20


def archive(members, compression=zipfile.ZIP_DEFLATED):
    """Return a ZIP of name -> text or bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return out.getvalue()


def docx(document, **members):
    """Return a Word file with this document.xml and further parts (relative to word/)."""
    parts = {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": document}
    return archive(parts | {f"word/{name}": content for name, content in members.items()})


def paragraphs(*texts):
    """Return a document.xml of these paragraphs."""
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in texts)
    return f"<w:document xmlns:w='{W}'><w:body>{body}</w:body></w:document>"


def zip_bomb():
    """10 GB of zeros in ten files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for number in range(3):
            with packed.open(f"{number}.log", "w", force_zip64=True) as member:
                for _ in range(100):
                    member.write(bytes(2**20))
    return out.getvalue()


def lying_zip():
    """A ZIP that says its file has ten bytes, and unpacks to a hundred million."""
    content = bytearray(archive({"a.log": bytes(100_000_000)}))
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.find(signature)
        content[place + at : place + at + 4] = struct.pack("<L", 10)
    return bytes(content)


def many_files():
    """A hundred thousand empty files."""
    return archive({f"{number}.log": "" for number in range(100_000)}, zipfile.ZIP_STORED)


def many_files_denied():
    """A hundred thousand, whose number is given as one."""
    content = bytearray(archive({f"{number}.log": "" for number in range(60_000)}, zipfile.ZIP_STORED))
    at = content.rfind(b"PK\x05\x06")
    content[at + 8 : at + 12] = struct.pack("<HH", 1, 1)
    return bytes(content)


def overlapping():
    """Two names for the same bytes, as in the bombs that reach petabytes."""
    content = bytearray(archive({"a.log": b"x" * 5_000, "b.log": b"y" * 5_000}, zipfile.ZIP_STORED))
    second = content.rfind(b"PK\x01\x02")
    content[second + 42 : second + 46] = struct.pack("<L", 0)
    return bytes(content)


def billion_laughs():
    """Entities that unfold to gigabytes."""
    entities = "".join(
        f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" if n else "<!ENTITY l0 'ha'>" for n in range(10)
    )
    return docx(f"<!DOCTYPE d [{entities}]><d>&l9;</d>")


def outside_entity():
    """An entity that would read a file of the server."""
    return docx("<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><d>&x;</d>")


def png_of(width, height, rows=0):
    """Return a PNG that says it is this large, with so many rows of data."""

    def chunk(name, data):
        return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))

    head = struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0)
    packer = zlib.compressobj(9)
    line = bytes(1 + 3 * width)
    data = b"".join(packer.compress(line) for _ in range(rows)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def pdf(*objects, root=1):
    """Return a PDF of numbered objects."""
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, start)
    return bytes(out)


def stream(content, rest=b""):
    """Return a stream object."""
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(content), rest, content)


def page_of(content, *more, catalogue=b""):
    """Return a PDF of one page with this content stream."""
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>"
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R" + catalogue + b">>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page,
        content,
        font,
        *more,
    )


def text_pdf(text):
    """Return a PDF that says this (Latin letters and digits)."""
    return page_of(stream(b"BT /F 12 Tf 10 100 Td (" + text.encode() + b") Tj ET"))


def pdf_pages_in_a_circle():
    """Pages that are their own parents and children."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R 2 0 R]/Count 2/Parent 3 0 R>>",
        b"<</Type/Pages/Kids[2 0 R 3 0 R]/Count 2/Parent 2 0 R>>",
    )


def pdf_bomb():
    """A page whose content unpacks to 400 MB, twice packed."""
    packer = zlib.compressobj(9)
    once = b"".join(packer.compress(bytes(2**20)) for _ in range(400)) + packer.flush()
    return page_of(stream(zlib.compress(once, 9), b"/Filter[/FlateDecode/FlateDecode]"))


def pdf_forms_in_a_circle():
    """A page that draws a form that draws itself."""
    form = stream(
        b"/X Do /X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 6 0 R>>>>"
    )
    content = stream(b"/X Do")
    made = page_of(content, form)
    return made.replace(b"/Resources<</Font", b"/Resources<</XObject<</X 6 0 R>>/Font")


def gif_bomb():
    """A GIF of ten thousand frames."""
    head = b"GIF89a" + struct.pack("<HH", 2_000, 2_000) + b"\x80\x00\x00" + b"\x00\x00\x00\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\x00\x02\x02\x44\x01\x00"
    return head + frame * 10_000 + b"\x3b"


def deep(levels=100_000):
    """A document of so many elements within each other."""
    return docx("<a>" * levels + "</a>" * levels)


def many_strings():
    """A workbook that names one long text a million times."""
    row = "<row>" + "<c t='s'><v>0</v></c>" * 1_000 + "</row>"
    return archive(
        {
            "[Content_Types].xml": CONTENT_TYPES,
            "xl/workbook.xml": "<workbook xmlns:r='r'><sheets><sheet name='S' r:id='a'/></sheets></workbook>",
            "xl/_rels/workbook.xml.rels": "<R><Relationship Id='a' Target='worksheets/sheet1.xml'/></R>",
            "xl/sharedStrings.xml": f"<sst><si><t>{'あ' * 30_000}</t></si></sst>",
            "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{row * 500}</sheetData></worksheet>",
        }
    )


FILES = {
    "zip bomb.zip": zip_bomb,
    "zip that lies.zip": lying_zip,
    "100,000 files.zip": many_files,
    "60,000 files said to be one.zip": many_files_denied,
    "overlapping.zip": overlapping,
    "zip in zip.zip": lambda: archive({"a.log": archive({"b.log": bytes(50_000_000)})}),
    "path traversal.zip": lambda: archive({"../../etc/cron.d/a.log": "x"}),
    "absolute path.zip": lambda: archive({"C:\\windows\\a.log": "x"}),
    "docx bomb.docx": lambda: docx(f"<a>{' ' * 200_000_000}</a>"),
    "docx of many elements.docx": lambda: docx(f"<a>{'<b/>' * 5_000_000}</a>"),
    "deep xml.docx": deep,
    "billion laughs.docx": billion_laughs,
    "outside entity.docx": outside_entity,
    "path traversal.docx": lambda: archive(
        {"[Content_Types].xml": CONTENT_TYPES, "word/document.xml": "<a/>", "../../x.xml": "<a/>"}
    ),
    "one text 500,000 times.xlsx": many_strings,
    "huge.png": lambda: png_of(60_000, 60_000, rows=200),
    "wide.png": lambda: png_of(1_000_000, 30, rows=30),
    "10,000 frames.gif": gif_bomb,
    "pages in a circle.pdf": pdf_pages_in_a_circle,
    "forms in a circle.pdf": pdf_forms_in_a_circle,
    "pdf bomb.pdf": pdf_bomb,
    "page.png": lambda: b"<html><script>alert(1)</script>",
    "program.txt": lambda: b"MZ\x90\x00\x03\x00\x00\x00",
    "picture.svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "svg.txt": lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "pdf.docx": lambda: text_pdf("hello"),
    "docx.zip": lambda: docx(paragraphs("a")),
    "lines without end.log": lambda: b"x" * 19_000_000,
}
"""name -> what makes the file."""
TAKEN = frozenset({"10,000 frames.gif", "forms in a circle.pdf"})
"""What is harmless once it was read with bounds: a first frame, a page."""


def figures(path):
    """Return (answer, seconds, bytes by which this process grew at its highest) of taking one file."""
    before = highest()
    began = time.monotonic()
    try:
        with path.open("rb") as file, accepted(file, path.name, most_bytes=MOST_BYTES) as found:
            answer = f"taken as {found.type.key}"
    except Reasons as reasons:
        answer = ", ".join(reason.key for reason in reasons.reasons)
    except Refused as refused:
        answer = refused.key
    return answer, time.monotonic() - began, highest() - before


def highest():
    """Return the most memory that this process has ever held, in bytes (Linux)."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    return int(line.split()[1]) * 1024


def main(folder):
    """Print a row for each file in the folder, which `write` filled."""
    for path in sorted(Path(folder).iterdir()):
        answer, seconds, grown = figures(path)
        reader = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{path.name}\t{answer}\t{seconds:.2f}\t{grown / 2**20:.1f}\t{reader:.0f}", flush=True)


def write(folder):
    """Write every file into the folder."""
    for name, make in FILES.items():
        (folder / name).write_bytes(make())


if __name__ == "__main__":
    import subprocess
    import tempfile

    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as made:
            write(Path(made))
            print("file\tanswer\tseconds\tserver grew by MB\treaders' highest MB so far", flush=True)
            subprocess.run([sys.executable, "-m", "tests.articles.hostile", made], check=True)
