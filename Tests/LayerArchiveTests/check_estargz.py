"""Checks an eStargz blob against the specification: check_estargz.py BLOB DIGEST-OF-THE-TABLE"""
import base64, hashlib, io, json, sys, tarfile, zlib

blob = open(sys.argv[1], "rb").read()


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def member(offset):
    """The content of the gzip member at an offset, and where it ends."""
    stream = zlib.decompressobj(31)
    content = stream.decompress(blob[offset:])
    assert stream.eof, offset
    return content, len(blob) - len(stream.unused_data)


footer = blob[-51:]
assert footer[:10] == bytes.fromhex("1f8b08040000000000ff"), footer
assert footer[10:16] == b"\x1a\x00SG\x16\x00" and footer[32:38] == b"STARGZ", footer
assert footer[38:43] == bytes.fromhex("010000ffff") and footer[43:] == bytes(8), footer
table_offset = int(footer[16:32], 16)

content, end = member(table_offset)
assert end == len(blob) - 51
archive = tarfile.open(fileobj=io.BytesIO(content))
info = archive.next()
assert info.name == "stargz.index.json" and archive.next() is None
text = archive.extractfile(info).read()
assert sha256(text) == sys.argv[2]
table = json.loads(text)
assert table["version"] == 1

starts, position, whole = set(), 0, b""
while position < len(blob):
    starts.add(position)
    content, position = member(position)
    whole += content
assert position == len(blob)

files = {}
for entry in table["entries"]:
    assert all(value not in (0, "", None) for value in entry.values()), entry
    files.setdefault(entry["name"].rstrip("/"), []).append(entry)
names = []
kinds = {"reg": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE}
archive = tarfile.open(fileobj=io.BytesIO(whole))
for info in archive:
    names.append(info.name)
    if info.name == "stargz.index.json":
        continue
    first, *more = files.pop(info.name)
    assert kinds[first["type"]] == info.type, first
    assert first["mode"] == info.mode and first.get("uid", 0) == info.uid and first.get("size", 0) == info.size
    assert first["modtime"] == "1980-01-01T00:00:00Z" and info.mtime == 315532800
    assert first.get("linkName", "") == info.linkname
    attributes = {k.removeprefix("SCHILY.xattr."): v for k, v in info.pax_headers.items() if k.startswith("SCHILY")}
    assert {k: base64.b64decode(v) for k, v in first.get("xattrs", {}).items()} == {
        k: v.encode("utf-8", "surrogateescape") for k, v in attributes.items()}
    if not info.isreg():
        continue
    data = archive.extractfile(info).read()
    assert first["digest"] == sha256(data)
    if not data:
        assert "offset" not in first
        continue
    joined = b""
    for index, chunk in enumerate([first] + more):
        assert index == 0 or chunk["type"] == "chunk"
        assert chunk["offset"] in starts, chunk
        part, _ = member(chunk["offset"])
        assert chunk.get("chunkOffset", 0) == len(joined) and chunk.get("chunkSize", len(data)) == len(part), chunk
        assert chunk["chunkDigest"] == sha256(part)
        joined += part
    assert joined == data, info.name
assert not files, files
assert names[-1] == "stargz.index.json" and ".no.prefetch.landmark" in names
