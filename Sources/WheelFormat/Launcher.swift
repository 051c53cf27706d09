/// The texts that make a Python program start with a certain interpreter.
package enum Launcher {
    /// The kernel reads no more of a first line than this (`BINPRM_BUF_SIZE` less one), older ones no more than 127.
    private static let longestShebang = 127

    /// The program that calls an entry point. Byte for byte what uv writes; pip's calls the same function, and differs
    /// in how it takes `.exe` off the program's name, which only Windows has.
    package static func text(for program: EntryPoints.Program, interpreter: String) -> [UInt8] {
        let imported = program.function.split(separator: ".").first.map(String.init) ?? program.function
        return Array(
            """
            \(shebang(interpreter))
            # -*- coding: utf-8 -*-
            import sys
            from \(program.module) import \(imported)
            if __name__ == "__main__":
                if sys.argv[0].endswith("-script.pyw"):
                    sys.argv[0] = sys.argv[0][:-11]
                elif sys.argv[0].endswith(".exe"):
                    sys.argv[0] = sys.argv[0][:-4]
                sys.exit(\(program.function)())

            """.utf8)
    }

    /// The first line, or two where the kernel would not take one: a shell reads `'''exec'` as the command `exec`,
    /// and Python reads the same lines as a string.
    static func shebang(_ interpreter: String) -> String {
        let length = 2 + interpreter.utf8.count + 1
        if length <= longestShebang, !interpreter.utf8.contains(where: { $0 == 32 || $0 == 9 }) {
            return "#!\(interpreter)"
        }
        let quoted = interpreter.replacing("'", with: #"'"'"'"#)
        return "#!/bin/sh\n'''exec' '\(quoted)' \"$0\" \"$@\"\n' '''"
    }

    /// Whether a script of a wheel asks for the interpreter of its environment.
    static func isPlaceholder(_ start: some Sequence<UInt8>) -> Bool {
        start.starts(with: placeholder)
    }

    static let placeholder = Array("#!python".utf8)

    /// The script with its first line replaced, as pip and uv do: what stood behind `#!python` goes.
    static func rewritten(_ script: [UInt8], interpreter: String) -> [UInt8] {
        let end = script.firstIndex { $0 == 10 } ?? script.endIndex
        return Array("\(shebang(interpreter))\n".utf8) + script[min(end + 1, script.endIndex)...]
    }
}
