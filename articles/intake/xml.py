"""XML read as a stream of events: no tree is built, no DTD is taken, depth and number are bounded."""

from __future__ import annotations

from typing import Protocol
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from articles.intake.bounds import Budget, Counted
from kb.domain.errors import Refused


class Handler(Protocol):
    """What is told of the elements; names come without their namespace."""

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...
    def end(self, tag: str) -> None: ...
    def data(self, text: str) -> None: ...


class _Bounded:
    """Counts the elements before the handler hears of them."""

    def __init__(self, handler: Handler, budget: Budget) -> None:
        self.handler = handler
        self.budget = budget
        self.depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.budget.element(self.depth)
        self.handler.start(_local(tag), {_local(name): value for name, value in attributes.items()})

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.handler.end(_local(tag))

    def data(self, text: str) -> None:
        self.handler.data(text)

    def close(self) -> None:
        """Nothing is kept."""


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def read(stream: Counted, handler: Handler) -> None:
    """Tell the handler everything in the stream. Raises Refused if it is no XML, or holds a DTD."""
    parser = DefusedXMLParser(target=_Bounded(handler, stream.budget), forbid_dtd=True)
    try:
        while piece := stream.read():
            parser.feed(piece)
        parser.close()
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Refused("attachments.damaged") from error
