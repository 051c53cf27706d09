import ArgumentParser

/// The forms in which commands give data. One exhaustive switch, so that a new form is a compile error until every command has it.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

struct FormatOption: ParsableArguments {
    @Option(name: .long, help: "How to print: text or json.")
    var format = OutputFormat.text

    /// Prints in the chosen form.
    func print(to console: Console, json: () throws -> [UInt8], text: () throws -> String) rethrows {
        switch format {
        case .json: console.write(try json())
        case .text: console.write(try text())
        }
    }
}
