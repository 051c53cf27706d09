import OCIModel

/// What happens while an image is copied.
package enum CopyEvent: Sendable {
    /// How a blob got to its destination.
    package enum Outcome: Sendable, Hashable {
        case wasThere
        case mounted(from: Repository)
        case moved
    }

    /// All blobs of the image, before the first is looked at.
    case planned([ContentDescriptor])
    /// Bytes of a blob that are at the destination.
    case progress(ContentDescriptor, moved: Int64)
    case finished(ContentDescriptor, Outcome)
    case manifest(ContentDescriptor)
}
