"""Where payloads come from: folders, files, bodies, gzipped or not."""

import gzip
from pathlib import Path
from random import Random

import pytest

from spendsense.errors import InvalidInput, TooLarge, UnsupportedMediaType
from spendsense.plaid.files import BODY_LIMITS, FILE_LIMITS, Limits, list_files, read_body, read_file, unpack

TIGHT = Limits(packed=1 << 20, unpacked=1 << 20)


def test_a_folder_gives_its_payloads_accounts_first(tmp_path: Path) -> None:
    for name in ("a.json", "accounts.csv", "notes.txt", "truth.jsonl", "sub/b.csv", "sub/accounts.JSON", "z.json.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [(str(file.relative_to(tmp_path)), root) for file, root in list_files([tmp_path])]
    names = ["accounts.csv", "a.json", "z.json.gz", "sub/accounts.JSON", "sub/b.csv"]
    assert found == [(name, tmp_path) for name in names]


def test_what_is_hidden_in_a_folder_is_some_tools(tmp_path: Path) -> None:
    root = tmp_path / ".export"  # named: it counts
    for name in ("a.json", "._a.json", ".git/b.json", "sub/.c.csv"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    assert list_files([root]) == [(root / "a.json", root)]
    assert list_files([root / "._a.json"]) == [(root / "._a.json", None)]


def test_a_named_file_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "export").write_bytes(gzip.compress(b"packed"))
    assert list_files([tmp_path / "export"]) == [(tmp_path / "export", None)]
    assert read_file(tmp_path / "export") == b"packed"


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"none\.json: there is no such file"):
        read_file(tmp_path / "none.json")


def test_a_folder_without_data_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InvalidInput, match=r"there is no \.json or \.csv file in this folder"):
        list_files([tmp_path])


def test_a_large_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b" " * ((1 << 20) + 1))
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(b" " * ((1 << 20) + 1)))
    for name in ("a.json", "b.json.gz"):
        with pytest.raises(TooLarge, match=name):
            read_file(tmp_path / name, TIGHT)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "c.json.gz").write_bytes(gzip.compress(b"{}" * 100)[:-9])
    with pytest.raises(InvalidInput, match=r"c\.json\.gz: The gzip file ends too early"):
        read_file(tmp_path / "c.json.gz")


@pytest.mark.parametrize("encoding", [None, "", "identity", "gzip", "GZip", " x-gzip "])
def test_a_body_is_unpacked_by_its_first_bytes(encoding: str | None) -> None:
    assert read_body(gzip.compress(b"[]") + gzip.compress(b"{}"), encoding) == b"[]{}"
    assert read_body(b"[]", encoding) == b"[]"


def test_another_encoding_is_not_read() -> None:
    with pytest.raises(UnsupportedMediaType):
        read_body(b"[]", "br")


def test_a_body_has_at_most_4_mb_as_it_comes() -> None:
    read_body(b"0" * (4 << 20), None)
    with pytest.raises(TooLarge, match="4 MB"):
        read_body(b"0" * ((4 << 20) + 1), None)


def test_a_gzip_file_has_so_many_members_at_most() -> None:
    one, two = gzip.compress(b" "), gzip.compress(b"[]")
    assert unpack(one * 4_095 + two, BODY_LIMITS) == b" " * 4_095 + b"[]"
    with pytest.raises(TooLarge, match="more than 4,096 members"):
        unpack(one * 4_096 + two, BODY_LIMITS)
    with pytest.raises(TooLarge, match="more than 65,536 members"):
        unpack(one * 65_536 + two, FILE_LIMITS)


@pytest.mark.parametrize("size", [0, 1, (1 << 14) - 30, 1 << 14, (1 << 18) - 1, 1 << 18, (1 << 18) + 1, 1_000_000])
def test_members_of_every_length_are_joined(size: int) -> None:
    dense, loose = Random(size).randbytes(size), b"0" * size
    packed = gzip.compress(dense) + gzip.compress(loose) + gzip.compress(b"") + gzip.compress(b"end")
    assert unpack(packed, FILE_LIMITS) == dense + loose + b"end"
