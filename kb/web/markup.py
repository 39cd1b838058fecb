"""The gate: Markdown in, HTML that may be shown out.

Markdown -> bleach (links, allow-list) -> nh3 with the same allow-list. Both, because bleach 6.4.0
is no longer maintained and lets `javascript:` with non-ASCII characters through. What comes out is
stored and is the only thing that templates mark safe; nothing is added to it afterwards.
"""

from __future__ import annotations

import re
import threading
import xml.etree.ElementTree as etree
from collections.abc import Container, Mapping
from functools import partial
from typing import Any

import nh3
from bleach.linkifier import LinkifyFilter
from bleach.sanitizer import Cleaner
from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor

from kb.domain.anchors import Anchors
from kb.domain.errors import Refused

TAGS = frozenset(
    "p br hr h3 h4 h5 h6 ul ol li dl dt dd strong em b i u s del ins sub sup small mark kbd code pre "
    "blockquote table caption thead tbody tfoot tr th td a img figure figcaption details summary".split()
)
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "td": {"align", "colspan", "rowspan"},
    "blockquote": {"class"},
    **{f"h{level}": {"id"} for level in range(3, 7)},
}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
NOTES = frozenset({"note", "tip", "important", "warning", "caution"})
SUBHEADING = 3
"""A section's own heading is h2, so the author's begin at h3."""

ARTICLE = re.compile(r"^KB-(\d{4,})(?:\.md)?(#.*)?$")
ATTACHMENT = re.compile(r"^attachment:([0-9a-f]{64})$")
OWN_IMAGE = re.compile(r"^/attachments/[0-9a-f]{64}$")


_mine = threading.local()
"""A Markdown and a cleaner for each thread: neither may be shared, and making them is slow."""


def render(sections: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """Return the gated HTML of each section. Raises Refused for lists or quotes nested beyond sense.

    sections: key -> Markdown. labels: key -> the heading above it, whose anchor is taken first.
    """
    anchors = Anchors()
    for label in labels.values():
        anchors.take(label)
    try:
        return {key: gate(_to_html(text, anchors), anchors) for key, text in sections.items()}
    except RecursionError as error:
        vars(_mine).clear()  # what was interrupted is in no state to go on with the next text
        raise Refused("articles.too_deep") from error


def gate(html: str, anchors: Container[str] = ()) -> str:
    """Return only what the allow-list lets through. Unknown tags show as the text they are.

    anchors: the only ids that pass; one that an author wrote could be the page's own.
    """
    if not hasattr(_mine, "cleaner"):
        _mine.cleaner = _cleaner()
    cleaned = _mine.cleaner.clean(html)
    return nh3.clean(
        cleaned,
        tags=set(TAGS),
        attributes=ATTRIBUTES,
        attribute_filter=partial(_attribute, anchors),
        url_schemes=set(SCHEMES),
        link_rel="noopener noreferrer",
    )


def _cleaner() -> Cleaner:
    return Cleaner(
        tags=TAGS,
        attributes={tag: sorted(names) for tag, names in ATTRIBUTES.items()},
        protocols=SCHEMES,
        strip_comments=True,
        filters=[partial(LinkifyFilter, callbacks=[_only_web], skip_tags={"pre", "code", "a"})],
    )


def _only_web(attrs: dict[Any, Any], new: bool = False) -> dict[Any, Any] | None:
    """Link only what was written with http(s)://: `file.md` and `setup.py` are no addresses."""
    if new and not re.match(r"https?://", attrs.get("_text", "")):
        return None
    return attrs


def _attribute(anchors: Container[str], tag: str, name: str, value: str) -> str | None:
    if name == "id":
        return value if value in anchors else None
    if name == "class":
        return value if value in NOTES else None
    if tag == "img" and name == "src":
        return value if OWN_IMAGE.match(value) else None
    if name in {"width", "height", "colspan", "rowspan", "start"}:
        return value if value.isascii() and value.isdigit() and len(value) < 5 else None
    return value


def _to_html(text: str, anchors: Anchors) -> str:
    text = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if not hasattr(_mine, "house"):
        _mine.house = _House()
        _mine.markdown = Markdown(
            extensions=["tables", "fenced_code", "sane_lists", "def_list", _mine.house],
            extension_configs={"tables": {"use_align_attribute": True}},
        )
    _mine.house.shape.anchors = anchors
    html: str = _mine.markdown.reset().convert(text)
    return html


class _House(Extension):
    """This wiki's Markdown: anchors, notes, article links, own images."""

    def extendMarkdown(self, md: Markdown) -> None:
        self.shape = _Shape(md)
        md.preprocessors.register(_Untangle(md), "untangle", 22)
        md.inlinePatterns.register(
            _ArticleNumber(r"(?<![\w/-])KB-(\d{4,})(?![\w-])", md), "article_number", 50
        )
        md.treeprocessors.register(self.shape, "shape", 5)


class _Untangle(Preprocessor):
    """Text from other systems: empty `<a name>` anchors go, a list right under a line gets its blank."""

    def run(self, lines: list[str]) -> list[str]:
        found: list[str] = []
        for line in lines:
            line = re.sub(r"<a\s{1,9}(?:name|id)=\"[^\"<>]{0,500}\"\s{0,9}>\s{0,9}</a>", "", line)
            line = re.sub(r"<img\b[^<>]{0,2000}>", _image_words, line, flags=re.IGNORECASE)
            if re.match(r"(?:[-*+]|\d+\.) ", line) and found and re.match(r"[^\s>|#*+\d-]", found[-1]):
                found.append("")
            found.append(line)
        return found


def _image_words(tag: re.Match[str]) -> str:
    alt = re.search(r"alt=\"([^\"]*)\"", tag[0], re.IGNORECASE)
    return f"*[画像: {alt[1]}]*" if alt and alt[1] else "*[画像]*"


class _ArticleNumber(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[etree.Element, int, int]:  # type: ignore[override]
        link = etree.Element("a", {"href": f"/articles/{int(m[1])}"})
        link.text = m[0]
        return link, m.start(0), m.end(0)


class _Shape(Treeprocessor):
    anchors = Anchors()
    """The places taken so far on the page that is being made; set before each text."""

    def run(self, root: etree.Element) -> None:
        levels = [int(element.tag[1]) for element in root.iter() if _is_heading(element)]
        shift = SUBHEADING - min(levels, default=SUBHEADING)
        for element in root.iter():
            if _is_heading(element):
                element.tag = f"h{min(6, int(element.tag[1]) + shift)}"
                element.set("id", self.anchors.take(self._words(element)))
            elif element.tag == "a":
                element.set("href", article_link(element.get("href", "")))
            elif element.tag == "img":
                _own_or_words(element)
            elif element.tag == "blockquote":
                _note(element)
            elif element.tag == "li":
                _task(element)

    def _words(self, element: etree.Element) -> str:
        return re.sub(r"\x02.*?\x03|<[^>]*>", "", "".join(element.itertext()))


def _is_heading(element: etree.Element) -> bool:
    return isinstance(element.tag, str) and re.fullmatch("h[1-6]", element.tag) is not None


def article_link(target: str) -> str:
    """Return the address for a link target: KB-0012 (.md) leads to that article, a hash to its file."""
    if file := ATTACHMENT.match(target):
        return f"/attachments/{file[1]}"
    match = ARTICLE.match(target)
    return f"/articles/{int(match[1])}{match[2] or ''}" if match else target


def _own_or_words(image: etree.Element) -> None:
    """Show an image that is ours; of any other, show the words that describe it (nothing is fetched)."""
    match = ATTACHMENT.match(image.get("src", ""))
    if match:
        image.set("src", f"/attachments/{match[1]}")
        return
    words = image.get("alt", "")
    image.attrib.clear()
    image.tag = "em"
    image.text = f"[画像: {words}]" if words else "[画像]"


def _note(quote: etree.Element) -> None:
    """`> [!WARNING]` on the first line makes the quote a note of that kind."""
    first = quote[0] if len(quote) else None
    match = re.match(r"\s*\[!(\w+)\]\s*", first.text or "") if first is not None else None
    if first is None or match is None or match[1].lower() not in NOTES:
        return
    quote.set("class", match[1].lower())
    first.text = (first.text or "")[match.end() :]


def _task(item: etree.Element) -> None:
    """`- [ ]` and `- [x]` print as boxes to tick with a pen."""
    holder = item[0] if len(item) and not (item.text or "").strip() and item[0].tag == "p" else item
    for mark, box in (("[ ] ", "☐ "), ("[x] ", "☑ "), ("[X] ", "☑ ")):
        if (holder.text or "").startswith(mark):
            holder.text = box + (holder.text or "")[len(mark) :]
