/// The part of a folder name that comes from a run's name.
package enum Slug {
    /// Letters and digits of every script in lower case, joined by hyphens; `run` for a name without any. At most 60
    /// bytes, so that the folder's name stays well below what file systems take.
    package static func make(_ name: String) -> String {
        var slug = ""
        for character in name.lowercased() {
            if character.isLetter || character.isNumber {
                if slug.utf8.count + String(character).utf8.count > 60 { break }
                slug.append(character)
            } else if !slug.isEmpty, !slug.hasSuffix("-") {
                slug.append("-")
            }
        }
        while slug.hasSuffix("-") { slug.removeLast() }
        return slug.isEmpty ? "run" : slug
    }
}
