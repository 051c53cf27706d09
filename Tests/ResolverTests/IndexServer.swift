import Glibc
import HostSystem

/// A package index on loopback that misbehaves on request, run by the host's Python.
///
/// Its paths choose the behaviour: /good/, /500/, /hang/, /auth/ (user `bench`, password `secret`). Below each
/// of them, /links is a page for `find-links`.
final class IndexServer {
    let port: Int
    private let child: ChildProcess
    /// Kept open, so that what else the server prints does not end it.
    private let output: Descriptor

    static let source = #"""
        import base64, hashlib, http.server, io, json, os, signal, socketserver, time, zipfile
        signal.alarm(180)
        def wheel():
            data = io.BytesIO()
            with zipfile.ZipFile(data, "w") as archive:
                for name, text in [("bench_probe.py", "value = 1\n"),
                    ("bench_probe-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: bench-probe\nVersion: 1.0\n"),
                    ("bench_probe-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
                    ("bench_probe-1.0.dist-info/RECORD", "bench_probe.py,,\nbench_probe-1.0.dist-info/METADATA,,\nbench_probe-1.0.dist-info/WHEEL,,\nbench_probe-1.0.dist-info/RECORD,,\n")]:
                    archive.writestr(zipfile.ZipInfo(name), text)
            return data.getvalue()
        WHEEL = wheel()
        DIGEST = hashlib.sha256(WHEEL).hexdigest()
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments): pass
            def answer(self, code, body, kind="text/html", extra={}):
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                for name, value in extra.items(): self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD": self.wfile.write(body)
            def do_HEAD(self): self.do_GET()
            def do_GET(self):
                mode = self.path.split("/")[1]
                if mode == "500": return self.answer(500, b"broken")
                if mode == "hang": time.sleep(60); return
                if mode == "auth":
                    wanted = "Basic " + base64.b64encode(b"bench:secret").decode()
                    if self.headers.get("Authorization") != wanted:
                        return self.answer(401, b"no", extra={"WWW-Authenticate": "Basic realm=x"})
                if self.path.endswith("/links"):
                    name = "bench_probe-1.0-py3-none-any.whl"
                    page = '<html><body><a href="/%s/%s#sha256=%s">%s</a></body></html>' % (mode, name, DIGEST, name)
                    return self.answer(200, page.encode())
                if self.path.endswith(".whl"):
                    return self.answer(200, WHEEL, "application/octet-stream")
                if self.path.rstrip("/").endswith("/bench-probe"):
                    file = {"filename": "bench_probe-1.0-py3-none-any.whl", "url": "/%s/bench_probe-1.0-py3-none-any.whl" % mode,
                        "hashes": {"sha256": DIGEST}, "size": len(WHEEL), "yanked": mode == "yanked"}
                    body = json.dumps({"meta": {"api-version": "1.1"}, "name": "bench-probe", "files": [file], "versions": ["1.0"]})
                    return self.answer(200, body.encode(), "application/vnd.pypi.simple.v1+json")
                self.answer(404, b"none")
        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
        server = Server(("127.0.0.1", 0), Handler)
        os.write(1, b"%d\n" % server.server_address[1])
        server.serve_forever()
        """#

    /// A server for the length of a scope.
    static func with(_ body: (IndexServer) throws -> Void) throws {
        let server = try IndexServer()
        try body(server)
        withExtendedLifetime(server) {}
    }

    private init() throws {
        let environment = processEnvironment()
        let python = findExecutable("python3", searchPath: environment["PATH"] ?? "", from: "/") ?? "/usr/bin/python3"
        let output = try Descriptor.pipe()
        // Without a death signal: the kernel sends that when the thread ends that started the child.
        var start = ChildProcess.Start(
            executable: python, arguments: [python, "-c", Self.source], environment: environment)
        start.standardOutput = output.write.number
        start.ownGroup = true
        child = try ChildProcess.start(start)
        self.output = output.read
        var digits = [UInt8](repeating: 0, count: 16)
        let count = digits.withUnsafeMutableBytes { read(output.read.number, $0.baseAddress, $0.count) }
        let text = String(decoding: digits.prefix(max(0, count)), as: UTF8.self).filter(\.isNumber)
        port = Int(text) ?? 0
    }

    func address(_ mode: String, user: String = "") -> String { "http://\(user)127.0.0.1:\(port)/\(mode)" }

    deinit {
        kill(-child.id, SIGKILL)
        _ = child.wait()
    }
}
