# SPDX-License-Identifier: BSD-3-Clause
"""stanzas: cuts an XML stream into its first-level elements, byte for byte as they came.

expat says where elements begin and end; the bytes are then cut from what was received, so that a
test sees what was on the wire and not a serialisation of a tree.
"""

import xml.parsers.expat


def tag_end(data, start):
    """Index behind the tag that starts at @start, quotes respected."""
    quote = None
    for i in range(start, len(data)):
        c = data[i]
        if quote is not None:
            if c == quote:
                quote = None
        elif c in b"\"'":
            quote = c
        elif c == 0x3E:
            return i + 1
    raise ValueError("tag without end")


class Splitter:
    """Feed bytes, get whole first-level elements; header() is the stream's opening tag."""

    def __init__(self):
        self.parser = xml.parsers.expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self.opened
        self.parser.EndElementHandler = self.closed
        self.parser.buffer_text = True
        self.depth = 0
        self.pending = b""
        self.base = 0  # offset in the stream of pending[0]
        self.start = None
        self.found = []
        self.header = None
        self.ended = False

    def opened(self, _name, attributes):
        at = self.parser.CurrentByteIndex
        if self.depth == 0:
            self.header = dict(attributes)
        elif self.depth == 1:
            self.start = at
        self.depth += 1

    def closed(self, _name):
        self.depth -= 1
        at = self.parser.CurrentByteIndex
        if self.depth == 1:
            begin = self.start - self.base
            end = tag_end(self.pending, begin)
            if self.pending[end - 2 : end] != b"/>":
                end = tag_end(self.pending, at - self.base)
            self.found.append(self.pending[begin:end])
            self.start = None
        elif self.depth == 0:
            self.ended = True

    def feed(self, data):
        """The elements that @data completes."""
        self.pending += data
        self.parser.Parse(data, False)
        found, self.found = self.found, []
        if self.depth <= 1:  # keep only what the parser has not reported on
            keep = self.parser.CurrentByteIndex
            if keep > self.base:
                self.pending = self.pending[keep - self.base :]
                self.base = keep
        return found
