import OCIModel
import Testing

@Suite struct ImageReferenceTests {
    private let digest = "sha256:" + String(repeating: "0a", count: 32)

    @Test(arguments: [
        ("debian", "docker.io", "library/debian", nil as String?),
        ("debian:bookworm", "docker.io", "library/debian", "bookworm"),
        ("team/name", "docker.io", "team/name", nil),
        ("localhost/name", "localhost", "name", nil),
        ("localhost:5000/a/b:v2.8-cu128", "localhost:5000", "a/b", "v2.8-cu128"),
        ("127.0.0.1:5000/digits", "127.0.0.1:5000", "digits", nil),
        ("[::1]:5000/digits:x", "[::1]:5000", "digits", "x"),
        ("registry.example.org/vision/pytorch-cuda", "registry.example.org", "vision/pytorch-cuda", nil),
        ("r.io/a__b/c-d--e.f_g", "r.io", "a__b/c-d--e.f_g", nil),
        ("index.docker.io/debian", "docker.io", "library/debian", nil),
    ])
    func parts(text: String, registry: String, path: String, tag: String?) throws {
        let reference = try ImageReference(text)
        #expect(reference.repository.registry == registry)
        #expect(reference.repository.path == path)
        #expect(reference.tag?.description == tag)
        #expect(try ImageReference(reference.description) == reference)
        let pinned = try ImageReference("\(text)@\(digest)")
        #expect(pinned.digest?.description == digest)
        #expect(pinned.selector == digest)
        #expect(try ImageReference(pinned.description) == pinned)
    }

    @Test(arguments: [
        "", ":tag", "@", "a b", "Name", "name:", "name:-x", "name@sha256:12", "name@md5:abc", "a//b", "a/", "/a",
        "a..b/c",
        "host:port/name", "host:99999/name", "-host.org/name", "a___b", "x.y/na_me_", "a/b:c:d", "名/字",
        "name:" + String(repeating: "t", count: 129), String(repeating: "n", count: 300),
    ])
    func refused(text: String) {
        #expect(throws: OCIModelError.self) { try ImageReference(text) }
    }

    @Test func digestsAreSHA256Only() throws {
        #expect(try Digest(digest).short == "0a0a0a0a0a0a")
        for text in ["sha512:" + String(repeating: "a", count: 128), digest.uppercased(), digest + "0", "sha256:"] {
            #expect(throws: OCIModelError.self) { try Digest(text) }
        }
        #expect(
            Digest(of: []).description == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }
}
