import HostSystem
import TestSupport
import Testing

@testable import RunCapture

@Suite struct ParameterFileTests {
    private static let texts = [
        "yaml": "model: { name: resnet, depth: 18 }\nlr: 3e-4\nbetas: [0.9, 0.999]\nresume: null\nfast: true\n",
        "json": #"{"model": {"name": "resnet", "depth": 18}, "lr": 3e-4, "betas": [0.9, 0.999], "resume": null}"#,
        "toml": "lr = 3e-4\nbetas = [0.9, 0.999]\n[model]\nname = \"resnet\"\ndepth = 18\nborn = 2025-01-01\n",
    ]

    private func read(_ bytes: [UInt8], _ suffix: String) throws -> [String: String] {
        try withTemporaryFolder { folder in
            try Files.write(bytes, to: "\(folder)/p.\(suffix)")
            let parameters = try ParameterFile.read("\(folder)/p.\(suffix)")
            return Dictionary(parameters.map { ($0.name, "\($0.value)") }, uniquingKeysWith: { $1 })
        }
    }

    @Test(arguments: ["yaml", "json", "toml"])
    func namesAreDottedAndValuesTyped(suffix: String) throws {
        let found = try read(Array((Self.texts[suffix] ?? "").utf8), suffix)
        #expect(found["model.name"] == "resnet" && found["model.depth"] == "18")
        #expect(found["lr"] == "0.0003", "\(found)")
    }

    @Test func tomlIsReadInAllItsForms() throws {
        let text = """
            # a comment
            title = 'C:\\path' # behind a value
            "quoted name".x = "tab\\t \\u00e9 \\"q\\""
            count = 1_000
            hex = 0xff
            tiny = -2.5e-3
            on = true
            limit = inf
            born = 1979-05-27 07:32:00
            long = \"\"\"
            one \\
               two\"\"\"
            betas = [
              0.9, # first
              0.999,
            ]
            point = { x = 1, y.z = 2 }
            [model]
            depth = 18
            [model.head]
            width = 10
            [[stages]]
            width = 64
            [[stages]]
            width = 128
            """
        let found = try read(Array(text.utf8), "toml")
        #expect(
            found == [
                "title": "C:\\path", "quoted name.x": "tab\t é \"q\"", "count": "1000", "hex": "255",
                "tiny": "-0.0025", "on": "true", "limit": "inf", "born": "1979-05-27 07:32:00", "long": "one two",
                "betas": "[0.9, 0.999]", "point.x": "1", "point.y.z": "2", "model.depth": "18",
                "model.head.width": "10", "stages.0.width": "64", "stages.1.width": "128",
            ])
        #expect(try read(Array("a = 1\r\n[b]\r\nc = 2\r\n".utf8), "toml") == ["a": "1", "b.c": "2"])
    }

    @Test(arguments: [
        ("a = 1\n[=b]", 2, "a name is missing"), ("a = 1\nb = word", 2, "word is no value"),
        ("a = 1\na = 2", 2, "twice"),
        ("a = 1 2", 1, "behind the end"), ("[a]\nb = \"x\nc = 1", 2, "not closed"), ("a = [1 2]", 1, "a , or ]"),
        ("a = 1\n[a.b]", 2, "twice"), ("a =", 1, "a value is missing"), ("a", 1, "a = after the name"),
        ("a = \"\\q\"", 1, "escape"), ("a = \"\\ud800\"", 1, "escape"), ("[a", 1, "a ] after"),
    ])
    func mistakesInTOMLAreNamedWithTheirLine(text: String, line: Int, words: String) {
        let error = #expect(throws: ParameterFile.Unreadable.self) { try read(Array(text.utf8), "toml") }
        #expect(error?.line == line && error?.reason.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: ["yaml", "json", "toml"])
    func textMadeToExhaustAParserIsRefused(suffix: String) {
        for text in [
            String(repeating: "[", count: 200_000), String(repeating: "{\"a\":", count: 100_000),
            "a = " + String(repeating: "[", count: 200_000), String(repeating: "- ", count: 200_000),
            String(repeating: "a.", count: 100_000) + "a = 1", String(repeating: "x", count: 2 << 20),
        ] {
            #expect(throws: (any Error).self) { try read(Array(text.utf8), suffix) }
        }
    }

    @Test(arguments: ["yaml", "json", "toml"])
    func noInputCrashesTheReader(suffix: String) throws {
        var random = SeededGenerator(21)
        let source = Array((Self.texts[suffix] ?? "").utf8)
        var refused = 0
        for _ in 0..<500 {
            var bytes = source
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert("[]{}:\"'&*-\t\n,#=.".utf8.randomElement(using: &random) ?? 0, at: place)
                }
            }
            do { _ = try read(bytes, suffix) } catch { refused += 1 }
        }
        #expect(refused > 50)
    }
}
