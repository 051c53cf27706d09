import ContentStore
import HostSystem
import OCIModel
import OCIRegistry

/// Where an image is or goes, as people write it: a name in a registry, `store:NAME` for the store of this machine,
/// `oci:FOLDER[:TAG]`.
struct ImagePlace {
    let source: any ImageSource
    let destination: any ImageDestination
    let selector: ImageSelector
    let tags: [Tag]

    init(_ text: String, _ registries: RegistrySession, _ context: CommandContext) throws {
        if let rest = Self.rest(of: text, after: "oci:") {
            let (folder, tag) = try Self.path(rest, defaultTag: "latest")
            let images = BlobFolderImages.layoutFolder(context.path(folder))
            (source, destination, selector, tags) = (images, images, .tag(tag), [tag])
            return
        }
        for scheme in ["docker-archive:", "docker-daemon:", "docker://", "containers-storage:"]
        where text.hasPrefix(scheme) {
            throw Failure(
                "\(text): images are not written to or read from \(scheme) places",
                hint: "use oci:FOLDER, store:NAME or the name of an image in a registry", code: .usage)
        }
        let isInStore = Self.rest(of: text, after: "store:") != nil
        let reference = try ImageReference(Self.rest(of: text, after: "store:") ?? text)
        selector = try reference.imageSelector()
        tags = reference.tag.map { [$0] } ?? []
        if isInStore {
            let images = BlobFolderImages.stored(in: ContentStore(home: context.home), reference.repository)
            (source, destination) = (images, images)
        } else {
            let remote = registries.repository(reference.repository)
            (source, destination) = (remote, remote)
        }
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
