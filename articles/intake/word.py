"""A Word document as Markdown: mammoth -> the gate -> Markdown, with its pictures encoded anew.

The document is cut at its headings; which of them is a section is decided where the kind is known.
"""

from __future__ import annotations

import hashlib
import io
import re
from html.parser import HTMLParser
from typing import IO, Any

import mammoth

from articles.files import image_type
from articles.intake import pictures
from articles.intake.bounds import DEEPEST
from kb.domain.errors import Refused
from kb.web.markup import gate

TITLE = 0
LEVELS = {"h6": TITLE, "h3": 1, "h4": 2, "h5": 3}
"""The gate lets h3 to h6 through: the document's title travels as h6, its headings as h3 to h5."""
_STYLES = "\n".join(
    [
        *(f"p[style-name='{name}'] => h6:fresh" for name in ("Title", "title", "表題")),
        *(
            f"{style} => h{min(number, 3) + 2}:fresh"
            for number in range(1, 7)
            for style in (
                f"p[style-name='heading {number}']",
                f"p[style-name='Heading {number}']",
                f"p[style-name='見出し {number}']",
                f"p.Heading{number}",
            )
        ),
        "p[style-name='Subtitle'] => p:fresh",
        "strike => s",
    ]
)
_INLINE = {"strong": "**", "b": "**", "em": "*", "i": "*"}
_KEPT = frozenset({"s", "del", "sub", "sup", "kbd", "mark"})
_SPECIAL = re.compile(r"([\\`*_\[\]])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_MARK = re.compile(r"^(\s*)(#{1,6}|[>+-]|\d{1,9}[.)])(?=\s)", re.M)
_SRC = re.compile(r"^/attachments/([0-9a-f]{64})$")


def markdown(file: IO[bytes]) -> tuple[dict[str, Any], list[bytes]]:
    """Return what the document says, and its pictures in the order of told["pictures"].

    told: blocks: [level, heading, Markdown] in order, the first without a heading;
    pictures: their types; left_out: how many pictures could not be taken.
    """
    album = _Album()
    found = mammoth.convert_to_html(
        file,
        style_map=_STYLES,
        include_embedded_style_map=False,
        convert_image=mammoth.images.img_element(album.add),
    )
    tree = _Tree(gate(found.value))
    told = {"blocks": _blocks(tree.root), "pictures": album.forms, "left_out": album.left_out}
    return told, album.contents


class _Album:
    """The pictures of a document, each once."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.forms: list[str] = []
        self.contents: list[bytes] = []
        self.left_out = 0

    def add(self, image: Any) -> dict[str, str]:
        """Keep a picture and return the attributes of its <img>; without src if it could not be taken."""
        with image.open() as stream:
            content = stream.read()
        kind = image_type(content)
        try:
            if kind is None:
                raise Refused("attachments.type_not_taken")
            form, clean = pictures.encoded(io.BytesIO(content), kind.removeprefix("image/"))
        except Refused:
            self.left_out += 1
            return {}
        sha256 = hashlib.sha256(clean).hexdigest()
        if sha256 not in self.known:
            self.known[sha256] = len(self.forms)
            self.forms.append(form)
            self.contents.append(clean)
        return {"src": f"/attachments/{sha256}"}


class _Node:
    def __init__(self, tag: str, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.children: list[_Node | str] = []


class _Tree(HTMLParser):
    """What the gate let through, as a tree."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = _Node("", {})
        self.open = [self.root]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(self.open) > DEEPEST:
            raise Refused("attachments.too_complex")
        node = _Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in ("br", "img", "hr"):
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag in [node.tag for node in self.open[1:]]:
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def _blocks(root: _Node) -> list[list[Any]]:
    found: list[list[Any]] = [[None, "", []]]
    for child in root.children:
        if isinstance(child, _Node) and child.tag in LEVELS:
            if words := _words(child):
                found.append([LEVELS[child.tag], words, []])
        else:
            found[-1][2] += _block(child)
    return [[level, words, "\n\n".join(parts)] for level, words, parts in found]


def _words(node: _Node | str) -> str:
    text = node if isinstance(node, str) else "".join(_words(child) for child in node.children)
    return re.sub(r"\s+", " ", text).strip() if isinstance(node, _Node) else text


def _block(node: _Node | str) -> list[str]:
    """Return the Markdown blocks of what stands between two headings."""
    if isinstance(node, str):
        return [_escaped(node.strip())] if node.strip() else []
    if node.tag in ("ul", "ol"):
        return ["\n".join(_items(node))]
    if node.tag == "table":
        return _table(node)
    if node.tag in ("blockquote", "figure", "details"):
        return [line for child in node.children for line in _block(child)]
    text = _MARK.sub(_harmless, _inline(node)).strip()
    return [text] if text else []


def _harmless(mark: re.Match[str]) -> str:
    """A sign that would begin a list or a heading stays the sign it is."""
    return f"{mark[1]}{mark[2][:-1]}\\{mark[2][-1]}"


def _items(node: _Node, depth: int = 0) -> list[str]:
    found = []
    number = 0
    for item in node.children:
        if not isinstance(item, _Node) or item.tag != "li":
            continue
        number += 1
        own = [
            child for child in item.children if not (isinstance(child, _Node) and child.tag in ("ul", "ol"))
        ]
        mark = f"{number}. " if node.tag == "ol" else "- "
        found.append(
            "    " * depth + mark + " ".join(filter(None, (_inline(child).strip() for child in own)))
        )
        for child in item.children:
            if isinstance(child, _Node) and child.tag in ("ul", "ol"):
                found += _items(child, depth + 1)
    return found


def _table(node: _Node) -> list[str]:
    """Return a Markdown table; a table of one cell is a frame around its text."""
    cells = [
        [cell for cell in row.children if isinstance(cell, _Node) and cell.tag in ("td", "th")]
        for row in _under(node, "tr")
    ]
    if len(cells) == 1 and len(cells[0]) == 1:
        return [line for child in cells[0][0].children for line in _block(child)]
    lines = []
    for row in cells:
        line: list[str] = []
        for cell in row:
            span = cell.attributes.get("colspan", "1")
            line += [_cell(cell), *[""] * (min(int(span), 50) - 1 if span.isdecimal() else 0)]
        lines.append(line)
    width = max((len(line) for line in lines), default=0)
    if not width:
        return []
    full = [f"| {' | '.join(line + [''] * (width - len(line)))} |" for line in lines]
    return ["\n".join([full[0], f"|{' --- |' * width}", *full[1:]])]


def _under(node: _Node, tag: str) -> list[_Node]:
    found = []
    for child in node.children:
        if isinstance(child, _Node) and child.tag != "table":
            found += [child] if child.tag == tag else _under(child, tag)
    return found


def _cell(cell: _Node) -> str:
    parts = [_inline(child).strip() for child in cell.children]
    text = "<br>".join(part for part in parts if part)
    return re.sub(r"\s*\n\s*", "<br>", text).replace("|", "\\|")


def _inline(node: _Node | str) -> str:
    if isinstance(node, str):
        return _escaped(re.sub(r"\s+", " ", node))
    if node.tag == "br":
        return "  \n"
    if node.tag == "img":
        return _picture(node.attributes)
    inner = "".join(_inline(child) for child in node.children)
    if node.tag in ("li", "td", "tr", "table", "tbody", "thead", "ul", "ol", "p") and inner:
        return inner + " "
    if not inner.strip():
        return inner
    mark = _INLINE.get(node.tag)
    if mark:
        return re.sub(r"^(\s*)(.*?)(\s*)$", rf"\1{mark}\2{mark}\3", inner, flags=re.S)
    if node.tag in _KEPT:
        return f"<{node.tag}>{inner}</{node.tag}>"
    if node.tag == "a":
        return _link(node.attributes.get("href", ""), inner)
    return inner


def _link(target: str, words: str) -> str:
    if not target or target.startswith("#"):  # places inside the document: notes, its own contents
        return "" if words.strip() == "↑" else words
    return f"[{words}]({target.replace(' ', '%20').replace('(', '%28').replace(')', '%29')})"


def _picture(attributes: dict[str, str]) -> str:
    words = re.sub(r"[\[\]\n]", " ", attributes.get("alt", "")).strip()
    match = _SRC.match(attributes.get("src", ""))
    if match:
        return f"![{words}](attachment:{match[1]})"
    return f"*(画像: {_escaped(words)})*" if words else ""


def _escaped(text: str) -> str:
    return _TAG.sub("&lt;", _SPECIAL.sub(r"\\\1", text))
