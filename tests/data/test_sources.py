import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nmfbench.data import sources as module
from nmfbench.data.sources import Source, fetch, load_sources, mirror_directory, pick
from nmfbench.errors import InputError

CONTENT = b"channel\tsample\n" * 5000
GOOD = "good"


class Handler(BaseHTTPRequestHandler):
    """Answers each request by the next word of the server's script; the last one is repeated."""

    def do_GET(self):
        script = self.server.script
        self.server.requests += 1
        word = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(word, int):
            return self.send_error(word)
        body = CONTENT if word != "other" else CONTENT.upper()
        self.send_response(200)
        if word != "short":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if word in (GOOD, "other") else body[:1000])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.01)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.requests = 0
    threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()


def source(httpd):
    url = f"http://127.0.0.1:{httpd.server_port}/file.tsv"
    return Source(url, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), "somebody", "some")


def test_good_download(server, tmp_path):
    server.script = [GOOD]
    fetch("a/file.tsv", source(server), tmp_path / "new/file.tsv")
    assert (tmp_path / "new/file.tsv").read_bytes() == CONTENT
    assert [x.name for x in (tmp_path / "new").iterdir()] == ["file.tsv"]
    assert server.requests == 1


@pytest.mark.parametrize("script", [[404, GOOD], [503, "broken", GOOD], ["short", "other", GOOD]])
def test_failed_downloads_are_repeated(server, tmp_path, script):
    n = len(script)
    server.script = script
    fetch("a/file.tsv", source(server), tmp_path / "file.tsv")
    assert (tmp_path / "file.tsv").read_bytes() == CONTENT
    assert server.requests == n


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        (404, "HTTP 404"),
        ("other", "its sha256 is .* is expected"),
        ("broken", "the connection broke off"),
        ("short", "1000 bytes where 75000 are expected"),
    ],
)
def test_bad_download_leaves_nothing(server, tmp_path, word, reason):
    server.script = [word]
    expected = f"a/file.tsv: could not be downloaded from http://127.*3 attempt.*: {reason}"
    with pytest.raises(InputError, match=expected) as caught:
        fetch("a/file.tsv", source(server), tmp_path / "file.tsv", retries=2)
    assert "NMFBENCH_MIRROR" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert server.requests == 3


def test_bad_download_leaves_the_file_that_was_there(server, tmp_path):
    server.script = ["short"]
    (tmp_path / "file.tsv").write_text("old")
    with pytest.raises(InputError):
        fetch("a/file.tsv", source(server), tmp_path / "file.tsv", retries=0)
    assert (tmp_path / "file.tsv").read_text() == "old"


def test_refused_connection(server, tmp_path):
    there = source(server)
    server.socket.close()
    with pytest.raises(InputError, match=r"2 attempt\(s\): no connection; check the network"):
        fetch("a/file.tsv", there, tmp_path / "file.tsv", retries=1)
    assert list(tmp_path.iterdir()) == []


def test_mirror_comes_first(server, tmp_path):
    server.script = [GOOD]
    (tmp_path / "mirror/a").mkdir(parents=True)
    (tmp_path / "mirror/a/file.tsv").write_bytes(CONTENT)
    fetch("a/file.tsv", source(server), tmp_path / "file.tsv", tmp_path / "mirror")
    assert (tmp_path / "file.tsv").read_bytes() == CONTENT
    assert server.requests == 0


def test_not_in_the_mirror(server, tmp_path):
    server.script = [GOOD, 404]
    (tmp_path / "mirror").mkdir()
    fetch("a/file.tsv", source(server), tmp_path / "file.tsv", tmp_path / "mirror", retries=0)
    assert (tmp_path / "file.tsv").read_bytes() == CONTENT
    with pytest.raises(InputError, match=r"is not in the mirror .* and could not be downloaded"):
        fetch("b.tsv", source(server), tmp_path / "b.tsv", tmp_path / "mirror", retries=0)


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT.upper()], ids=["truncated", "other"])
def test_wrong_file_in_the_mirror(server, tmp_path, content):
    server.script = [GOOD]
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror/file.tsv").write_bytes(content)
    with pytest.raises(InputError, match=r"mirror's file .*file.tsv is wrong: .* replace it by"):
        fetch("file.tsv", source(server), tmp_path / "out/file.tsv", tmp_path / "mirror")
    assert list((tmp_path / "out").iterdir()) == []
    assert server.requests == 0


def test_mirror_directory(tmp_path, monkeypatch):
    monkeypatch.delenv("NMFBENCH_MIRROR", raising=False)
    assert mirror_directory() is None
    assert mirror_directory("") is None
    (tmp_path / "a").mkdir()
    monkeypatch.setenv("NMFBENCH_MIRROR", str(tmp_path))
    assert mirror_directory() == tmp_path
    assert mirror_directory(str(tmp_path / "a")) == tmp_path / "a"
    with pytest.raises(InputError, match="is no directory"):
        mirror_directory(str(tmp_path / "none"))


ENTRY = "a.tsv: {url: 'http://x', sha256: 'ab', bytes: 3, citation: c, licence: l"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ENTRY + ", sha: 1}", "source 'a.tsv': unknown key 'sha', did you mean 'sha256'"),
        ("a.tsv: {url: 'http://x'}", "source 'a.tsv': 'sha256' must be given"),
        (ENTRY.replace("bytes: 3", "bytes: three") + "}", "'bytes' must be given"),
        ("a.tsv: http://x", "'url' must be given"),
        ("- a", "expected a mapping"),
        ("", "expected a mapping"),
        ("a: [", "not valid YAML"),
    ],
)
def test_bad_list_of_sources(tmp_path, content, message):
    (tmp_path / "s.yaml").write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        load_sources(tmp_path / "s.yaml")
    assert "\n" not in str(caught.value)


def test_unknown_source(tmp_path):
    (tmp_path / "s.yaml").write_text(ENTRY + "}")
    known = load_sources(tmp_path / "s.yaml")
    assert pick(known, "a.tsv").bytes == 3
    with pytest.raises(InputError, match=r"unknown source 'a.tsb': did you mean 'a.tsv'"):
        pick(known, "a.tsb")
