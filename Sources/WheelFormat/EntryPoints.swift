/// The programs that an `entry_points.txt` asks for: its groups `console_scripts` and `gui_scripts`.
package struct EntryPoints: Sendable, Equatable {
    /// One line such as `jupyter = jupyter_core.command:main [extra]`.
    package struct Program: Sendable, Hashable {
        /// The file name of the launcher.
        package let name: String
        package let module: String
        /// What to call, with dots where it is a member of something: `main`, `Application.launch`.
        package let function: String
        package let extras: [String]
    }

    package let consoleScripts: [Program]
    package let guiScripts: [Program]

    package init(consoleScripts: [Program] = [], guiScripts: [Program] = []) {
        self.consoleScripts = consoleScripts
        self.guiScripts = guiScripts
    }

    /// Other groups are passed over. A name that comes twice in one group counts as it stands last.
    ///
    /// - Throws: `.entryPoint` for a line of the two groups that names no function, or no name fit for a file. Both
    ///   become part of a program's text and place, so nothing but identifiers is let through.
    package init(parsing bytes: [UInt8]) throws(WheelError.Cause) {
        var groups: [String: [Program]] = [:]
        var group: String?
        for (number, line) in bytes.split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == 10 }
        ).enumerated() {
            guard let raw = String(validating: line, as: UTF8.self) else {
                throw .entryPoint("line \(number + 1) of entry_points.txt is not UTF-8")
            }
            let text = Self.trimmed(raw)
            guard let first = text.first, first != "#", first != ";" else { continue }
            if first == "[" {
                guard text.last == "]" else {
                    throw .entryPoint("line \(number + 1) of entry_points.txt is a heading without an end")
                }
                group = String(Self.trimmed(text.dropFirst().dropLast()))
                continue
            }
            guard let current = group, current == "console_scripts" || current == "gui_scripts" else {
                continue
            }
            guard let program = Program(parsing: text) else {
                throw .entryPoint(
                    "line \(number + 1) of entry_points.txt is not name = module:function: \(WheelError.shown(raw))"
                )
            }
            groups[current, default: []].removeAll { $0.name == program.name }
            groups[current, default: []].append(program)
        }
        consoleScripts = groups["console_scripts"] ?? []
        guiScripts = groups["gui_scripts"] ?? []
    }

    /// The programs to make launchers for; where both groups have one of a name, it is the console's.
    ///
    /// pip's own wheel names launchers after the Python that made it. Those give way to `pip`, `pip3` and the one of
    /// the Python that it is installed for, such as `pip3.11`, as pip and uv do.
    package func programs(pythonMinor: Int) -> [Program] {
        var console = consoleScripts
        if let pip = console.first(where: { $0.name == "pip" }) {
            console.removeAll { program in
                program.name.hasPrefix("pip")
                    && program.name.dropFirst(3).allSatisfy { $0 == "." || ("0"..."9").contains($0) }
            }
            for name in ["pip", "pip3", "pip3.\(pythonMinor)"] {
                console.append(
                    Program(name: name, module: pip.module, function: pip.function, extras: pip.extras))
            }
        }
        let taken = Set(console.map(\.name))
        return console + guiScripts.filter { !taken.contains($0.name) }
    }

    fileprivate static func trimmed(_ text: some StringProtocol) -> Substring {
        var rest = Substring(text)
        while let first = rest.unicodeScalars.first,
            first.value == 0xFEFF || first.properties.isWhitespace
        {
            rest.unicodeScalars.removeFirst()
        }
        while rest.unicodeScalars.last?.properties.isWhitespace == true {
            rest.unicodeScalars.removeLast()
        }
        return rest
    }
}

extension EntryPoints.Program {
    init?(parsing line: Substring) {
        guard let sign = line.firstIndex(of: "=") else { return nil }
        let name = EntryPoints.trimmed(line[..<sign])
        var value = EntryPoints.trimmed(line[line.index(after: sign)...])
        var extras: [String] = []
        if value.last == "]", let open = value.firstIndex(of: "[") {
            for extra in value[value.index(after: open)...].dropLast().split(separator: ",") {
                let extra = EntryPoints.trimmed(extra)
                guard WheelName.isName(extra) else { return nil }
                extras.append(String(extra))
            }
            value = EntryPoints.trimmed(value[..<open])
        }
        let parts = value.split(separator: ":", omittingEmptySubsequences: false).map {
            EntryPoints.trimmed($0)
        }
        guard parts.count == 2, parts.allSatisfy(Self.isDottedName), Self.isFileName(name) else {
            return nil
        }
        self.name = String(name)
        module = String(parts[0])
        function = String(parts[1])
        self.extras = extras
    }

    private static func isDottedName(_ text: Substring) -> Bool {
        text.utf8.count <= 1000
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
                guard let first = part.unicodeScalars.first else { return false }
                return (first == "_" || first.properties.isXIDStart)
                    && part.unicodeScalars.allSatisfy { $0.properties.isXIDContinue }
            }
    }

    private static func isFileName(_ text: Substring) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 200, text != ".", text != "..", text.first != "-" else {
            return false
        }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar != "/" && scalar != "\\" && !scalar.properties.isWhitespace
                && scalar.properties.generalCategory != .control
                && scalar.properties.generalCategory != .format
        }
    }
}
