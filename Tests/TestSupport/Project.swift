import FoundationEssentials
import Glibc
import HostSystem

/// A project folder in which tests use the real `bunsen` program as a person would.
package struct Project {
    package let folder: String
    package var environment: [String: String]

    /// The root of the source tree.
    package static let sourceRoot: String = {
        var path = #filePath
        for _ in 0..<3 { path = Files.parent(of: path) ?? path }
        return path
    }()

    /// The program under test: `$BUNSEN`, else what `swift build` made beside the tests.
    package static var program: String {
        processEnvironment()["BUNSEN"] ?? "\(sourceRoot)/.build/debug/bunsen"
    }

    /// Bunsen's data folder for tests. Kept between test runs, because a PyTorch environment takes a minute to make.
    package static let home = "\(sourceRoot)/.build/test-home"

    /// - Parameter home: Bunsen's data folder; the shared one of the tests unless given.
    package init(folder: String, home: String = Project.home) {
        self.folder = folder
        environment = processEnvironment()
        environment["BUNSEN_HOME"] = home
        environment["NO_COLOR"] = "1"
        for name in ["BUNSEN_RUN_ID", "WORLD_SIZE", "PYTHONUNBUFFERED"] { environment[name] = nil }
    }

    package func write(_ text: String, to name: String, mode: mode_t = 0o644) throws {
        let path = "\(folder)/\(name)"
        if let parent = Files.parent(of: path) { try Files.makeFolder(parent) }
        try Files.write(text, to: path, mode: mode)
        chmod(path, mode)
    }

    package func read(_ name: String) throws -> String { try Files.readText("\(folder)/\(name)") }

    private var tool: Tool {
        Tool(executable: Self.program, environment: environment, workingFolder: folder)
    }

    /// Runs `bunsen` to its end.
    @discardableResult
    package func bunsen(_ arguments: String..., timeout: Double = 600) throws -> Tool.Result {
        try tool.run(arguments, timeout: timeout)
    }

    package func bunsen(arguments: [String], timeout: Double = 600) throws -> Tool.Result {
        try tool.run(arguments, timeout: timeout)
    }

    /// What `bunsen … --format json` prints.
    package func json(_ arguments: String...) throws -> JSONValue {
        let result = try tool.run(arguments + ["--format", "json"], timeout: 60)
        guard result.succeeded else { throw Unexpected(result) }
        return try JSONValue(parsing: result.output)
    }

    /// Runs a shell script in the project.
    @discardableResult
    package func shell(_ script: String) throws -> Tool.Result {
        try Tool(executable: "/bin/sh", environment: environment, workingFolder: folder).run(
            ["-c", script], timeout: 120)
    }

    /// Copies the files of an example, and nothing that a run may have left beside them.
    package func copyExample(_ name: String) throws {
        let example = "\(Self.sourceRoot)/Examples/\(name)"
        for file in try Files.names(in: example) where file.hasSuffix(".py") || file == "bunsen.yaml" {
            try Files.write(try Files.read("\(example)/\(file)"), to: "\(folder)/\(file)")
        }
    }

    /// Starts `bunsen` without waiting.
    package func start(_ arguments: String...) throws -> Tool.Running { try tool.start(arguments) }

    package func start(arguments: [String]) throws -> Tool.Running { try tool.start(arguments) }

    /// The manifests of all runs, oldest first.
    package func manifests() throws -> [JSONValue] {
        let runs = "\(folder)/.bunsen/runs"
        return try Files.names(in: runs).filter { !$0.hasPrefix(".") }.map {
            try JSONValue(parsing: Files.read("\(runs)/\($0)/run.json"))
        }
    }

    /// The folder of the newest run.
    package func latestRun() throws -> String {
        let runs = "\(folder)/.bunsen/runs"
        guard let name = try Files.names(in: runs).filter({ !$0.hasPrefix(".") }).last else {
            throw SystemError("find a run in", runs, code: ENOENT)
        }
        return "\(runs)/\(name)"
    }

    /// The output log of the newest run; empty while there is none.
    package func latestLog() -> String {
        guard let run = try? latestRun() else { return "" }
        return (try? Files.readText("\(run)/output.log")) ?? ""
    }

    /// The path of the newest run's entry.
    package func entryPath() throws -> String {
        let result = try bunsen("show", "latest", "--entry")
        guard result.succeeded else { throw Unexpected(result) }
        return String(result.outputText.dropLast())
    }

    /// The text of every entry, by the name of its folder.
    package func entries() throws -> [String: String] {
        var entries: [String: String] = [:]
        for name in (try? Files.names(in: "\(folder)/log")) ?? [] {
            if let text = try? read("log/\(name)/index.md") { entries[name] = text }
        }
        return entries
    }
}

/// A program ended in another way than a test goes on from.
package struct Unexpected: Error, CustomStringConvertible {
    package let description: String

    package init(_ result: Tool.Result) { description = "\(result.end): \(result.errorText)" }
}

/// Waits until a condition holds. False when it did not within the time.
package func eventually(_ seconds: Double = 20, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = monotonicSeconds() + seconds
    while try !condition() {
        if monotonicSeconds() > deadline { return false }
        usleep(20_000)
    }
    return true
}

/// Any JSON, for looking at what programs wrote.
package enum JSONValue: Decodable, Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    package init(parsing bytes: [UInt8]) throws { self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes)) }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    package subscript(_ key: String) -> JSONValue {
        if case .object(let members) = self { return members[key] ?? .null }
        return .null
    }

    package subscript(_ index: Int) -> JSONValue {
        if case .array(let items) = self, items.indices.contains(index) { return items[index] }
        return .null
    }

    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var number: Double? { if case .number(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSONValue] { if case .array(let items) = self { items } else { [] } }
    package var object: [String: JSONValue] { if case .object(let members) = self { members } else { [:] } }
}
