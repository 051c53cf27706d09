/// File names made of the names of metrics, which may be anything.
struct FileNames {
    private var taken: Set<String> = []

    /// A name that is safe in paths and links on every system, and that was not given before.
    mutating func name(for text: String, suffix: String) -> String {
        var base = ""
        for character in text.lowercased() {
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || character == "_")
            let isOtherLetter = !character.isASCII && (character.isLetter || character.isNumber)
            if isPlain || isOtherLetter {
                base.append(character)
            } else if !base.isEmpty, !base.hasSuffix("-") {
                base.append("-")
            }
            // File systems count bytes, at most 255 in a name.
            if base.utf8.count > 80 { break }
        }
        while base.hasSuffix("-") { base.removeLast() }
        if base.isEmpty { base = "metric" }
        var name = base + suffix
        var number = 2
        while !taken.insert(name).inserted {
            name = "\(base)-\(number)\(suffix)"
            number += 1
        }
        return name
    }
}
