/// Parameters of a run, read from its command.
///
/// - `--lr 3e-4`, `--lr=3e-4`, `-b 64`, `-b64`, `--flag` (true), `--no-flag` (false), and Hydra's `lr=3e-4`, `+a.b=c`,
///   `++a.b=c`; Hydra's `~x` removes a setting and is left out.
/// - Leading dashes go, and dashes inside an option's name become `_`, as argparse does: `--batch-size` is
///   `batch_size`, which is also what a script logs. Hydra's names stay as they are.
/// - A word after an option is its value unless it begins with a dash and is not a number. More numbers after a number
///   belong to it (`--betas 0.9 0.999`); other words are positional arguments.
/// - The program (`python -u -m`) and a launcher's own options are not parameters; the launcher's are in `launcher`.
/// - The last of equal names wins.
package struct ParameterText: Sendable, Equatable {
    package private(set) var list = ParameterList()
    package private(set) var positionals: [String] = []
    /// What torchrun, accelerate, deepspeed or mpirun was told; nil without one.
    package private(set) var launcher: Launcher?
    /// The script or module; nil when the command is none that is known to run one.
    package private(set) var program: String?

    package var parameters: [GivenParameter] { list.parameters }

    package init(arguments: [String]) {
        var command = CommandReader(arguments)
        command.read()
        launcher = command.launcher
        program = command.program
        readScriptArguments(Array(arguments.dropFirst(command.next)))
    }

    private mutating func readScriptArguments(_ words: [String]) {
        var at = 0
        while at < words.count {
            let word = words[at]
            at += 1
            if word == "--" {
                positionals += words[at...].prefix(ParameterLimits.most)
                return
            }
            if Self.isOption(word) {
                readOption(word, words, &at)
            } else if let (name, value) = Self.assignment(word) {
                list.add(name, ParameterNode(typing: value), text: value)
            } else if !word.hasPrefix("~"), positionals.count < ParameterLimits.most {
                positionals.append(word)
            }
        }
    }

    private mutating func readOption(_ word: String, _ words: [String], _ at: inout Int) {
        let isLong = word.hasPrefix("--")
        let body = word.drop { $0 == "-" }
        if let equals = body.firstIndex(of: "=") {
            let value = String(body[body.index(after: equals)...])
            list.add(Self.name(body[..<equals]), ParameterNode(typing: value), text: value)
            return
        }
        let name = Self.name(body)
        if isLong, name.hasPrefix("no_"), name.utf8.count > 3 {
            list.add(String(name.dropFirst(3)), .bool(false), text: "false")
            return
        }
        if !isLong, let letter = body.first, body.count > 1, case let rest = String(body.dropFirst()),
            Self.isNumber(rest)
        {
            list.add(String(letter), ParameterNode(typing: rest), text: rest)
            return
        }
        guard at < words.count, !Self.isOption(words[at]), words[at] != "--" else {
            list.add(name, .bool(true), text: "true")
            return
        }
        var value = words[at]
        at += 1
        if Self.isNumber(value) {
            var count = 1
            while at < words.count, Self.isNumber(words[at]), count < 256 {
                value += " " + words[at]
                at += 1
                count += 1
            }
        }
        list.add(name, ParameterNode(typing: value), text: value)
    }

    private static func name(_ body: Substring) -> String { String(body.map { $0 == "-" ? "_" : $0 }) }

    /// `--lr`, `-b`; not `-`, `--` or a negative number.
    static func isOption(_ word: String) -> Bool {
        guard word.hasPrefix("-"), word != "-", word != "--" else { return false }
        return !isNumber(word)
    }

    private static func isNumber(_ word: String) -> Bool {
        switch ParameterNode(typing: word) {
        case .integer, .number: true
        default: false
        }
    }

    /// Hydra's `name=value`. The name may have groups and packages: `db@backup/mysql=x`.
    private static func assignment(_ word: String) -> (name: String, value: String)? {
        guard let equals = word.firstIndex(of: "=") else { return nil }
        let name = word[..<equals].drop { $0 == "+" }
        guard let first = name.utf8.first, first.isWordStart,
            name.utf8.allSatisfy({ $0.isNameByte || $0 == Byte.colon }),
            !name.contains("://")
        else { return nil }
        return (String(name), String(word[word.index(after: equals)...]))
    }
}
