/// Finds where a command's own part ends and the script's arguments begin.
struct CommandReader {
    private let words: [String]
    /// Index of the first argument of the script.
    private(set) var next = 0
    private(set) var launcher: Launcher?
    private(set) var program: String?

    init(_ words: [String]) { self.words = words }

    private var word: String? { next < words.count ? words[next] : nil }

    mutating func read() {
        while let word {
            next += 1
            switch Self.kind(of: word) {
            case .wrapper: skipWrapper(word)
            case .python: return readPython()
            case .launcher(let kind):
                if kind == .accelerate {
                    guard self.word == "launch" else {
                        program = word
                        return
                    }
                    next += 1
                }
                return readLauncher(kind)
            case .shell:
                // What a shell runs cannot be read from its words, but a script's arguments can.
                if self.word == "-c" || self.word == "-lc" { next = words.count } else { program = word }
                return
            case .program:
                program = word
                return
            }
        }
    }

    private enum Kind {
        case wrapper, python, shell, program
        case launcher(Launcher.Kind)
    }

    private static func kind(of word: String) -> Kind {
        let name = word.split(separator: "/").last.map(String.init) ?? word
        switch name {
        case "env", "nohup", "time", "nice", "stdbuf", "uv", "poetry", "pipenv", "exec": return .wrapper
        case "torchrun": return .launcher(.torchrun)
        case "accelerate": return .launcher(.accelerate)
        case "deepspeed": return .launcher(.deepspeed)
        case "mpirun", "mpiexec": return .launcher(.mpirun)
        case "sh", "bash", "zsh", "dash": return .shell
        default:
            let isPython = name.hasPrefix("python") && name.dropFirst(6).allSatisfy { $0.isNumber || $0 == "." }
            return isPython || name == "pypy3" ? .python : .program
        }
    }

    /// `env A=1 B=2`, `nice -n 5`, `uv run --frozen`.
    private mutating func skipWrapper(_ wrapper: String) {
        if word == "run" { next += 1 }
        while let word {
            if word.hasPrefix("-") {
                next += 1
                if word == "-n", self.word != nil { next += 1 }
            } else if wrapper.hasSuffix("env"), word.contains("="), !word.hasPrefix("=") {
                next += 1
            } else {
                return
            }
        }
    }

    private mutating func readPython() {
        while let word {
            next += 1
            guard word.hasPrefix("-"), word != "-" else {
                program = word
                return
            }
            switch word {
            case "-c":
                program = "-c"
                next = min(next + 1, words.count)
                return
            case "-m":
                return readModule()
            case "-W", "-X", "--check-hash-based-pycs":
                next = min(next + 1, words.count)
            default:
                // -um is -u -m.
                if word.hasSuffix("m"), !word.hasPrefix("--"), word.dropFirst().allSatisfy(\.isLetter) {
                    return readModule()
                }
            }
        }
    }

    private mutating func readModule() {
        guard let module = word else { return }
        next += 1
        switch module {
        case "torch.distributed.run", "torch.distributed.launch": readLauncher(.torchrun)
        case "accelerate.commands.launch": readLauncher(.accelerate)
        case "deepspeed.launcher.runner": readLauncher(.deepspeed)
        default: program = module
        }
    }

    private mutating func readLauncher(_ kind: Launcher.Kind) {
        var found = Launcher(kind: kind)
        let flags = Launcher.flags(kind)
        while let word, word.hasPrefix("-") {
            next += 1
            if word == "--" { break }
            let body = word.drop { $0 == "-" }
            let name = String(body.prefix { $0 != "=" }.map { $0 == "-" ? "_" : $0 })
            if found.options.count >= ParameterLimits.most { continue }
            if let equals = body.firstIndex(of: "=") {
                found.options[name] = String(body[body.index(after: equals)...])
            } else if flags.contains(name) || takesNothing(after: next) {
                found.options[name] = "true"
            } else {
                let end = min(next + Launcher.valueCount(kind, name), words.count)
                found.options[name] = words[next..<end].joined(separator: " ")
                next = end
            }
        }
        launcher = found
        if kind == .mpirun {
            let outer = found
            read()
            // The inner launcher, if any, says more.
            launcher = launcher ?? outer
            return
        }
        if let script = word {
            next += 1
            // Under --no_python the program is started as it is, and may be Python itself.
            if found.options["no_python"] != nil, script.hasPrefix("python") { readPython() } else { program = script }
        }
    }

    /// An unknown option before the script, or before another option, has no value.
    private func takesNothing(after index: Int) -> Bool {
        guard index < words.count else { return true }
        return words[index].hasSuffix(".py") || ParameterText.isOption(words[index])
    }
}
