import ArgumentParser
import HostSystem
import RunCapture

/// Variables whose values are written down nowhere.
struct SecretOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "A variable that is kept out of every record: NAME for this shell's, NAME=@FILE for what a file holds. "
                + "May be repeated.", valueName: "name[=@file]"))
    var secret: [String] = []

    /// The variables with their values.
    ///
    /// - Parameter plain: the words of `-e` beside them.
    func values(besides plain: [String], _ context: CommandContext) throws -> [String: String] {
        var values: [String: String] = [:]
        for word in secret {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard ShellQuoting.isName(name) else {
                throw Failure(
                    "--secret has a name that is none", hint: "write --secret NAME or --secret NAME=@FILE", code: .usage
                )
            }
            guard values[name] == nil else { throw Failure("--secret \(name) is given twice", code: .usage) }
            values[name] = try Self.checked(Self.value(of: name, parts.count > 1 ? parts[1] : nil, context), name)
        }
        for name in plain.map({ String($0.prefix { $0 != "=" }) }) where values[name] != nil {
            throw Failure("\(name) is given by -e and by --secret", hint: "leave one of them out", code: .usage)
        }
        return values
    }

    /// - Parameter source: what stands behind the equals sign.
    private static func value(of name: String, _ source: Substring?, _ context: CommandContext) throws -> String {
        guard let source else {
            guard let value = context.environment[name] else {
                throw Failure(
                    "this shell has no variable \(name)", hint: "export it, or name a file: --secret \(name)=@FILE",
                    code: .missing)
            }
            return value
        }
        guard source.first == "@", source.count > 1 else {
            // What stands there is not repeated.
            throw Failure(
                "--secret \(name) has its value on the command line, where every user of this machine can read it",
                hint: "export \(name) and write --secret \(name), or name a file: --secret \(name)=@FILE", code: .usage)
        }
        let path = context.path(String(source.dropFirst()))
        guard Files.exists(path) else {
            throw Failure(
                "there is no file \(context.shown(path)) for --secret \(name)", hint: "look at the path", code: .missing
            )
        }
        var bytes: [UInt8]
        do {
            bytes = try Files.read(path, limit: Redaction.largestSecret + 1)
        } catch is FileTooLarge {
            throw tooLarge(name)
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(
                "the file \(context.shown(path)) for --secret \(name) is not text, which a variable has to be",
                hint: "give a file that holds it encoded, such as by base64", code: .data)
        }
        return text
    }

    private static func checked(_ value: String, _ name: String) throws -> String {
        guard value.utf8.count <= Redaction.largestSecret else { throw tooLarge(name) }
        guard value.utf8.count >= Redaction.shortestSecret else {
            throw Failure(
                "the value of --secret \(name) has less than \(Redaction.shortestSecret) bytes: "
                    + "it could not be told from other text, and so not be kept out of records",
                hint: value.isEmpty ? "look at where it comes from" : "a plain variable is given by -e \(name)",
                code: .data)
        }
        return value
    }

    private static func tooLarge(_ name: String) -> Failure {
        Failure(
            "the value of --secret \(name) has more than \(Redaction.largestSecret >> 10) KiB, which is too long for a "
                + "variable", hint: "let the command read it from a file", code: .data)
    }

    /// The arguments of a command line of ours as a record has them. The word behind `--secret` is a name, and no secret.
    static func recorded(_ arguments: [String], _ redaction: Redaction) -> [String] {
        var recorded = redaction.redacted(arguments: arguments)
        let own = arguments.firstIndex(of: "--") ?? arguments.count
        for index in 0..<own
        where arguments[index].hasPrefix("--secret=") || (index > 0 && arguments[index - 1] == "--secret") {
            recorded[index] = redaction.redacted(arguments[index])
        }
        return recorded
    }
}
