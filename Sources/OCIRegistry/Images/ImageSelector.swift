import OCIModel

/// Which image of a repository.
package enum ImageSelector: Sendable, Hashable, CustomStringConvertible {
    case tag(Tag)
    case digest(Digest)

    package var description: String {
        switch self {
        case .tag(let tag): tag.description
        case .digest(let digest): digest.description
        }
    }
}

extension ImageReference {
    /// The digest where there is one, else the tag, else `latest`.
    package func imageSelector() throws(OCIModelError) -> ImageSelector {
        if let digest { return .digest(digest) }
        if let tag { return .tag(tag) }
        return .tag(try Tag("latest"))
    }
}
