"""A JSON payload as its parts, each still the bytes of its own text, so that a bad record can be refused alone."""

import codecs
import re
from typing import TypeVar

import msgspec
from msgspec import Raw

from spendsense.errors import InvalidInput
from spendsense.plaid.values import Refused

T = TypeVar("T")

_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`(?: - at `\$(?P<path>[^`]*)`)?")
_WORDS = {"str": "text", "bool": "true or false", "object": "an object", "array": "a list", "int": "a number"}
_WORDS |= {"float": "a number", "null": "null"}
_ENVELOPE: msgspec.json.Decoder[dict[str, Raw] | list[Raw]] = msgspec.json.Decoder(dict[str, Raw] | list[Raw])
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)
_RECORDS = msgspec.json.Decoder(list[Raw])
_PARTS = msgspec.json.Decoder(dict[str, Raw])


def require_utf8(data: bytes) -> None:
    """Raises InvalidInput that names the place of the first byte that is not UTF-8."""
    if data.startswith(_WIDE_BOMS):
        raise InvalidInput("line 1, byte 1: the file is UTF-16 or UTF-32; save it as UTF-8.")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{byte_place(data, error.start)}: not UTF-8; save the file as UTF-8.") from error


def byte_place(data: bytes, position: int) -> str:
    """`line 3, byte 17` of an offset, both counted from 1."""
    start = data.rfind(b"\n", 0, position) + 1
    line = data.count(b"\n", 0, position) + 1
    return f"line {line}, byte {position - start + 1}"


def split_document(data: bytes) -> dict[str, Raw] | list[Raw]:
    """The top level of the document. Raises InvalidInput that names the place where it stops being JSON."""
    data = data.removeprefix(codecs.BOM_UTF8)
    require_utf8(data)
    try:
        return _decode_top(data)
    except msgspec.ValidationError as error:
        raise InvalidInput("The document must be a JSON object or a list.") from error
    except msgspec.DecodeError as error:
        raise InvalidInput(_explain_syntax(data, str(error))) from error
    except RecursionError as error:
        raise InvalidInput("The document is nested too deeply.") from error


def _decode_top(data: bytes) -> dict[str, Raw] | list[Raw]:
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
    """Half a character becomes a NUL, which no value may hold: so its record is refused alone, not the document."""
    return _ESCAPE.sub(lambda escape: b"\\u0000" if escape["lone"] else escape[0], data)


def split_fields(raw: Raw) -> dict[str, Raw]:
    """The fields of a record; none when it is no object."""
    return split_object(raw, "") if bytes(raw)[:1] == b"{" else {}


def split_list(raw: Raw, pointer: str) -> list[Raw]:
    """The records of a list; null is an empty one. Raises InvalidInput when it is something else."""
    if bytes(raw) == b"null":
        return []
    try:
        return _RECORDS.decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{pointer} must be a list.") from error


def split_object(raw: Raw, pointer: str) -> dict[str, Raw]:
    """The parts of an object; null is an empty one. Raises InvalidInput when it is something else."""
    if bytes(raw) == b"null":
        return {}
    try:
        return _PARTS.decode(raw)
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
