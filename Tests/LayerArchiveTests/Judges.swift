import HostSystem
import TestSupport
import Testing

/// Another program that reads what we write. These come with `Scripts/prepare.sh`.
enum Judge {
    static func tool(_ name: String, in folder: String = "/") throws -> Tool {
        let environment = processEnvironment()
        let path = try #require(
            findExecutable(name, searchPath: environment["PATH"] ?? "", from: "/"), "the program \(name) is missing")
        return Tool(executable: path, environment: environment, workingFolder: folder)
    }

    /// What a program prints; it must succeed.
    @discardableResult
    static func output(_ name: String, _ arguments: String..., in folder: String = "/") throws -> [UInt8] {
        let result = try tool(name, in: folder).run(arguments, timeout: 120, outputLimit: 256 << 20)
        try #require(result.succeeded, "\(name) \(arguments): \(result.errorText)")
        return result.output
    }

    static func text(_ name: String, _ arguments: String..., in folder: String = "/") throws -> String {
        let result = try tool(name, in: folder).run(arguments, timeout: 120)
        try #require(result.succeeded, "\(name) \(arguments): \(result.errorText)")
        return result.outputText
    }
}
