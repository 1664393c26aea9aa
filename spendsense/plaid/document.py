"""A JSON payload as its parts, each still the bytes of its own text, so that a bad record can be refused alone."""

import codecs
import re
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from spendsense.errors import InvalidInput, TooLarge
from spendsense.plaid import wire
from spendsense.plaid.values import Refused

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`(?: - at `\$(?P<path>[^`]*)`)?")
_WORDS = {"str": "text", "bool": "true or false", "object": "an object", "array": "a list", "int": "a number"}
_WORDS |= {"float": "a number", "null": "null"}
_ENVELOPE: msgspec.json.Decoder[wire.Answer | list[Raw]] = msgspec.json.Decoder(wire.Answer | list[Raw])
# From the first backslash of a run on, so that a long run is walked once: pairs of them are backslashes themselves.
_SURROGATES = re.compile(
    rb"(?<!\\)(?:\\\\)*+"
    rb"(?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
_MOST_HALVES = 100_000
_RECORDS = msgspec.json.Decoder(list[Raw])
_UTF8 = codecs.getincrementaldecoder("utf-8")
_STEP = 1 << 20  # bytes that are text for a moment


def require_utf8(data: bytes) -> None:
    """Raises InvalidInput that names the place of the first byte that is not UTF-8."""
    if data.startswith(_WIDE_BOMS):
        raise InvalidInput("line 1, byte 1: the file is UTF-16 or UTF-32; save it as UTF-8.")
    if data.isascii():
        return
    decoder, begun = _UTF8(), 0
    for start in range(0, len(data), _STEP):
        end = start + _STEP
        try:
            decoder.decode(data[start:end], final=end >= len(data))
        except UnicodeDecodeError as error:
            place = byte_place(data, start - begun + error.start)
            raise InvalidInput(f"{place}: not UTF-8; save the file as UTF-8.") from error
        begun = len(decoder.getstate()[0])  # bytes of a character whose rest comes next


def require_at_most(most_values: int, data: bytes) -> None:
    """Raises TooLarge for a document of more values, by its commas and colons: each costs memory, whatever it is."""
    if max(data.count(b","), data.count(b":")) > most_values:
        raise TooLarge(f"The payload holds more than {most_values:,} values; send it in parts.")


def byte_place(data: bytes, position: int) -> str:
    """`line 3, byte 17` of an offset, both counted from 1."""
    start = data.rfind(b"\n", 0, position) + 1
    line = data.count(b"\n", 0, position) + 1
    return f"line {line}, byte {position - start + 1}"


def split_document(data: bytes) -> wire.Answer | list[Raw]:
    """The top level of the document. Raises InvalidInput that names the place where it stops being JSON."""
    require_utf8(data)
    try:
        return _decode_top(data)
    except msgspec.ValidationError as error:
        raise InvalidInput("The document must be a JSON object or a list.") from error
    except msgspec.DecodeError as error:
        raise InvalidInput(_explain_syntax(data, str(error))) from error
    except RecursionError as error:
        raise InvalidInput("The document is nested too deeply.") from error


def _decode_top(data: bytes) -> wire.Answer | list[Raw]:
    try:
        return _ENVELOPE.decode(data)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        mended = mark_lone_surrogates(data)
        if mended == data:
            raise
        return _ENVELOPE.decode(mended)


def mark_lone_surrogates(data: bytes) -> bytes:
    """Half a character becomes a NUL, which no value may hold: so its record is refused alone, not the document.

    Behind the first 100,000 of them it stays what it is, and the document no JSON.
    """
    mended, halves = bytearray(data), 0
    for match in _SURROGATES.finditer(data):
        if (start := match.start("lone")) >= 0:
            mended[start : match.end()] = b"\\u0000"
            halves += 1
            if halves == _MOST_HALVES:
                break
    return bytes(mended)


def begins(raw: Raw, text: bytes) -> bool:
    """Whether the text of a value begins so; no more of it is copied."""
    return memoryview(raw)[: len(text)].tobytes() == text


def split_list(raw: Raw, pointer: str) -> list[Raw]:
    """The records of a list; null is an empty one. Raises InvalidInput when it is something else."""
    if begins(raw, b"null"):
        return []
    try:
        return _RECORDS.decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{pointer} must be a list.") from error


def decode_object(decoder: msgspec.json.Decoder[S], raw: Raw, pointer: str) -> S | None:
    """The parts of an object; None of null. Raises InvalidInput when it is something else."""
    if begins(raw, b"null"):
        return None
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{pointer} must be an object.") from error


def decode_record(decoder: msgspec.json.Decoder[T], raw: Raw) -> T:
    """One record with its types checked. Raises Refused with the path of the field of a wrong type."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise _explain_type(str(error)) from error


def _explain_type(message: str) -> Refused:
    match = _EXPECTED.search(message)
    if not match:
        return Refused("", message)
    wanted = " or ".join(_WORDS.get(word, word) for word in match["wanted"].split(" | ") if word != "null")
    path = re.sub(r"\[(\d+)\]", r"/\1", (match["path"] or "").replace(".", "/"))
    return Refused(path.strip("/"), f"must be {wanted}, not {_WORDS.get(match['got'], match['got'])}")


def _explain_syntax(data: bytes, message: str) -> str:
    place = re.search(r" \(byte (\d+)\)", message)
    position = int(place[1]) if place else len(data)
    reason = message.replace(place[0], "") if place else "the document ends too early"
    return f"{byte_place(data, position)}: not JSON: {reason.removeprefix('JSON is malformed: ')}."
