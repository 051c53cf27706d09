/// Why an entry cannot be changed. Every place is named at once, so that a person can mend all of them.
package struct EntryProblems: Error, CustomStringConvertible, Equatable {
    package struct Problem: Equatable, Sendable {
        package let kind: Kind
        /// Counted from 1.
        package let line: Int
    }

    package enum Kind: Equatable, Sendable {
        case conflictMark
        case editedBlock(String)
        case duplicateBlock(String)
        case nestedBlock(String, inside: String)
        case unclosedBlock(String)
        case strayEnd
        case malformedMarker
        case unclosedFrontMatter
        case foreignFrontMatter(String)
        case duplicateKey(String)
    }

    package let path: String
    package let problems: [Problem]

    package var description: String {
        problems.map { "\(path):\($0.line): \($0.kind.sentence)" }.joined(separator: "\n")
    }

    /// Whether overwriting the named blocks is all that stands in the way.
    package var areEditsOnly: Bool {
        problems.allSatisfy { if case .editedBlock = $0.kind { true } else { false } }
    }
}

extension EntryProblems.Kind {
    var sentence: String {
        switch self {
        case .conflictMark: "a merge conflict is not resolved here"
        case .editedBlock(let name):
            "the block \"\(name)\" was edited by hand since it was written; move the text outside the block to keep it"
        case .duplicateBlock(let name): "the block \"\(name)\" is here a second time; remove one of them"
        case .nestedBlock(let name, let outer): "the block \"\(name)\" begins inside the block \"\(outer)\""
        case .unclosedBlock(let name): "the block \"\(name)\" has no <!-- bunsen:end --> line"
        case .strayEnd: "<!-- bunsen:end --> without a block that begins before it"
        case .malformedMarker: "this is not a complete <!-- bunsen:begin NAME sha256=… --> line"
        case .unclosedFrontMatter: "the front matter that begins here has no closing --- line"
        case .foreignFrontMatter(let kind):
            "the front matter is \(kind); only YAML between --- lines can be kept up to date"
        case .duplicateKey(let key): "the front matter has the key \"\(key)\" a second time"
        }
    }
}
