import ContentStore
import HostSystem
import OCIModel
import OCIRegistry

/// Where an image is or goes, as people write it: a name in a registry, `store:NAME` for the store of this machine,
/// `oci:FOLDER[:TAG]`, `docker-archive:FILE[:NAME[:TAG]]`.
struct ImagePlace {
    private enum Kind {
        case registry(ImageReference)
        case store(ImageReference)
        case layout(folder: String, Tag)
        case archive(path: String, ImageReference?)
    }

    /// A place that is open for reading.
    struct Source {
        let images: any ImageSource
        let selector: ImageSelector
        /// What the image is called there, for archives that are to call it the same.
        let names: [ImageReference]
    }

    /// A place that is open for writing.
    struct Destination {
        let images: any ImageDestination
        let tags: [Tag]
    }

    private let text: String
    private let kind: Kind
    private let registries: RegistrySession
    private let store: ContentStore

    init(_ text: String, _ registries: RegistrySession, _ context: CommandContext) throws {
        self.text = text
        self.registries = registries
        store = ContentStore(home: context.home)
        if let rest = Self.rest(of: text, after: "oci:") {
            let (folder, tag) = try Self.path(rest, defaultTag: "latest")
            kind = .layout(folder: context.path(folder), tag)
        } else if let rest = Self.rest(of: text, after: "docker-archive:") {
            kind = try Self.archive(rest, context)
        } else if let rest = Self.rest(of: text, after: "store:") {
            kind = .store(try ImageReference(rest))
        } else {
            try Self.refuseOthers(text)
            kind = .registry(try ImageReference(text))
        }
    }

    /// An archive has room for one platform of an image.
    var isArchive: Bool { if case .archive = kind { true } else { false } }

    /// Opens the place for reading; of an archive this reads the table of contents.
    func openSource() throws -> Source {
        switch kind {
        case .registry(let reference):
            Source(
                images: registries.repository(reference.repository), selector: try reference.imageSelector(),
                names: try Self.names(reference))
        case .store(let reference):
            Source(
                images: BlobFolderImages.stored(in: store, reference.repository),
                selector: try reference.imageSelector(), names: try Self.names(reference))
        case .layout(let folder, let tag):
            Source(images: BlobFolderImages.layoutFolder(folder), selector: .tag(tag), names: [])
        case .archive(let path, let reference): try openArchive(path, reference)
        }
    }

    /// Sees that the place can be written to as far as that can be known, before work is done for it.
    func checkDestination() throws {
        guard case .archive(let path, _) = kind, let folder = Files.parent(of: path) else { return }
        guard Files.isFolder(folder) else {
            throw Failure("\(text): there is no folder \(folder)", hint: "make it: mkdir -p \(folder)", code: .missing)
        }
        guard !Files.isFolder(path) else {
            throw Failure(
                "\(text): \(path) is a folder", hint: "an archive is a file: docker-archive:FILE", code: .usage)
        }
    }

    /// Opens the place for writing one image.
    ///
    /// - Parameter names: what an archive calls the image, unless the place has a name.
    func openDestination(names: [ImageReference]) throws -> Destination {
        switch kind {
        case .registry(let reference):
            return Destination(
                images: registries.repository(reference.repository), tags: reference.tag.map { [$0] } ?? [])
        case .store(let reference):
            return Destination(
                images: BlobFolderImages.stored(in: store, reference.repository),
                tags: reference.tag.map { [$0] } ?? [])
        case .layout(let folder, let tag):
            return Destination(images: BlobFolderImages.layoutFolder(folder), tags: [tag])
        case .archive(let path, let reference):
            try checkDestination()
            let names = try reference.map(Self.names) ?? names
            let writer = try DockerArchiveWriter(path) { tag in names.filter { $0.tag == tag } }
            return Destination(images: writer, tags: Array(Set(names.compactMap(\.tag))).sorted())
        }
    }

    /// Takes the name away, or with a digest the image with all its names.
    func delete() throws {
        guard !isArchive else {
            throw Failure("\(text): nothing can be taken out of an archive", hint: "remove the file", code: .usage)
        }
        try openDestination(names: []).images.delete(try openSource().selector)
    }

    /// Does something with the place. When a registry does not have the image and the store does, or the store has only
    /// a part of it, the failure says so.
    func explaining<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as OCIRegistryError {
            guard var failure = Failure(explaining: error) else { throw error }
            switch kind {
            case .registry(let reference) where isInStore(reference):
                failure.hint =
                    "this machine's store has it: store:\(text)" + (failure.hint.map { "\nhint: \($0)" } ?? "")
            case .store(let reference) where isInStore(reference) && error.isMissing:
                failure.hint = Self.missingLayersHint(reference)
            default: throw error
            }
            throw failure
        }
    }

    private func isInStore(_ reference: ImageReference) -> Bool {
        store.image(named: "\(reference)") != nil || store.image(named: "\(reference):latest") != nil
    }

    /// A build leaves out what it need not make, because the image's registry has it.
    static func missingLayersHint(_ name: ImageReference) -> String {
        "the store has not all of its layers; fetch the others: bunsen image pull \(name)"
    }

    // MARK: Archives

    private func openArchive(_ path: String, _ reference: ImageReference?) throws -> Source {
        guard Files.exists(path) else {
            throw Failure("\(text): there is no such file", hint: "look at the path", code: .missing)
        }
        let archive = try DockerArchive(path)
        let known = archive.references.map { $0.familiarName }.joined(separator: ", ")
        let digests = archive.digests(named: reference)
        guard let digest = digests.first else {
            throw Failure(
                "\(text): the archive has no image\(reference.map { " \($0)" } ?? "")",
                hint: known.isEmpty ? nil : "it has: \(known)", code: .missing)
        }
        guard digests.count == 1 else {
            throw Failure(
                "\(text): the archive has \(digests.count) images",
                hint: known.isEmpty ? nil : "say which, as in docker-archive:FILE:NAME:TAG; it has: \(known)",
                code: .usage)
        }
        return Source(
            images: archive, selector: .digest(digest),
            names: try reference.map(Self.names) ?? archive.references(of: digest))
    }

    /// `FILE[:NAME[:TAG]]`: other programs end the file's name at the first colon, too.
    private static func archive(_ text: String, _ context: CommandContext) throws -> Kind {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let file = parts.first, !file.isEmpty else {
            throw Failure(
                "docker-archive:\(text) names no file", hint: "docker-archive:FILE[:NAME[:TAG]]", code: .usage)
        }
        let reference = try parts.dropFirst().first.map { try ImageReference(String($0)) }
        guard reference?.digest == nil else {
            throw Failure(
                "docker-archive:\(text): names in archives have no digests", hint: "docker-archive:FILE[:NAME[:TAG]]",
                code: .usage)
        }
        return .archive(path: context.path(String(file)), reference)
    }

    // MARK: Names

    /// A name with its tag; nothing for an image that is named by its digest only.
    private static func names(_ reference: ImageReference) throws -> [ImageReference] {
        if reference.digest != nil, reference.tag == nil { return [] }
        return [ImageReference(repository: reference.repository, tag: try reference.tag ?? Tag("latest"))]
    }

    private static func refuseOthers(_ text: String) throws {
        let hints = [
            "docker-daemon:": "give an image to it: bunsen image load NAME docker",
            "containers-storage:": "give an image to it: bunsen image load NAME podman",
            "docker://": "leave docker:// out: a name alone is that of an image in a registry",
            "oci-archive:": "docker-archive:FILE reads those archives too, and what it writes is one as well",
        ]
        guard let (scheme, hint) = hints.first(where: { text.hasPrefix($0.key) }) else { return }
        throw Failure(
            "\(text): \(scheme) is no place that images are read from or written to", hint: hint, code: .usage)
    }

    private static func rest(of text: String, after prefix: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }

    /// A path, and a tag after a colon behind its last slash.
    private static func path(_ text: String, defaultTag: String) throws -> (path: String, tag: Tag) {
        let start = text.lastIndex(of: "/").map { text.index(after: $0) } ?? text.startIndex
        guard let colon = text[start...].lastIndex(of: ":") else { return (text, try Tag(defaultTag)) }
        return (String(text[..<colon]), try Tag(String(text[text.index(after: colon)...])))
    }
}
