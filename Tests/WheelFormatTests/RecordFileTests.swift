import HostSystem
import Testing
import WheelFormat

@Suite struct RecordFileTests {
    private let digest = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"

    private func rows(_ text: String) throws -> [RecordFile.Row] {
        try RecordFile(parsing: Array(text.utf8)).rows
    }

    @Test func rowsAreReadInAllTheirForms() throws {
        let text =
            "a.py,\(digest),0\r\n\"b,\"\"c\"\".py\",\(digest)=,12\n\n\"d\",,\nfolder/,,\ne,\(digest),"
        let rows = try rows(text)
        #expect(rows.map(\.path) == ["a.py", "b,\"c\".py", "d", "e"])
        #expect(rows.map(\.size) == [0, 12, nil, nil])
        #expect(rows.map { $0.digest?.text } == [digest, digest, nil, digest])
    }

    @Test func whatIsWrittenReadsTheSame() throws {
        let digest = RecordDigest(sha256Hex: SHA256.hexDigest(Array("x".utf8)))
        let record = RecordFile(rows: [
            .init(path: "a", digest: digest, size: 1), .init(path: "b,\"c\"", digest: digest, size: 0),
            .init(path: "RECORD", digest: nil, size: nil),
        ])
        #expect(try RecordFile(parsing: record.bytes) == record)
        #expect(
            String(decoding: record.bytes, as: UTF8.self)
                == "a,sha256=LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE,1\n"
                + "\"b,\"\"c\"\"\",sha256=LXEWQrcmsEQBYnyp-6wy9chTD7GQPMTbAiWHF5IaSIE,0\nRECORD,,\n")
    }

    @Test(arguments: [
        ("a,b", RecordFault.malformed(line: 1)), ("ok,,\na", .malformed(line: 2)),
        ("a,,,", .malformed(line: 1)),
        ("\"a,,", .malformed(line: 1)), ("\"a\"b,,", .malformed(line: 1)),
        ("../a,,", .badPath(line: 1)),
        ("/a,,", .badPath(line: 1)), ("a/../b,,", .badPath(line: 1)), (",,", .badPath(line: 1)),
        ("a,sha256=,", .badDigest(line: 1)), ("a,sha256=AAAA,", .badDigest(line: 1)),
        ("a,nothing,", .badDigest(line: 1)),
        ("a,sha256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU,", .badDigest(line: 1)),
        ("a,md5=AAAA,", .weakDigest(line: 1, algorithm: "md5")), ("a,,x", .badSize(line: 1)),
        ("a,,-1", .badSize(line: 1)),
        ("\"a\nb\",,", .badPath(line: 1)), ("a,,99999999999999999999", .badSize(line: 1)),
    ])
    func whatIsNoRecord(text: String, fault: RecordFault) {
        #expect(throws: fault) { try rows(text) }
    }
}
