/// Images that were logged together, still encoded.
package struct LoggedImages: Sendable, Equatable {
    /// Pixels, as the file says; the encoded image may say otherwise.
    package let width: Int
    package let height: Int
    /// Each a whole PNG, JPEG or GIF file (GIF is how videos are logged).
    package let encoded: [[UInt8]]

    /// From the older `Summary.Image`: height = 1, width = 2, encoded_image_string = 4.
    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireError) {
        var reader = WireReader(bytes, range)
        var (width, height) = (0, 0)
        var image = range.lowerBound..<range.lowerBound
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.varint(1): height = Int(Int32(truncatingIfNeeded: try reader.varint()))
            case WireKey.varint(2): width = Int(Int32(truncatingIfNeeded: try reader.varint()))
            case WireKey.bytes(4): image = try reader.lengthDelimited()
            default: try reader.skip(key)
            }
        }
        self.width = width
        self.height = height
        encoded = [bytes.copy(image)]
    }

    /// From a string tensor: width and height in decimal digits, then the images.
    init(_ tensor: TensorView) throws(WireError) {
        let parts = try tensor.strings(limit: EventDecoder.maximumStrings)
        guard parts.count >= 2, let width = Int(tensor.bytes.text(parts[0])),
            let height = Int(tensor.bytes.text(parts[1]))
        else { throw .inconsistent }
        self.width = width
        self.height = height
        encoded = parts.dropFirst(2).map { tensor.bytes.copy($0) }
    }

    /// What an encoded image begins like; nil for an encoding that is not known here.
    package static func mediaType(of encoded: [UInt8]) -> String? {
        if encoded.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "image/png" }
        if encoded.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
        if encoded.starts(with: Array("GIF8".utf8)) { return "image/gif" }
        return nil
    }
}

/// Sound clips that were logged together, still encoded.
package struct LoggedAudio: Sendable, Equatable {
    /// Samples a second; nil in the tensor form, which leaves it to the encoded file.
    package let sampleRate: Float?
    /// Such as `audio/wav`; empty where the file does not say.
    package let contentType: String
    package let encoded: [[UInt8]]

    /// From the older `Summary.Audio`: sample_rate = 1, encoded_audio_string = 4, content_type = 5.
    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(WireError) {
        var reader = WireReader(bytes, range)
        var sampleRate: Float?
        var contentType = ""
        var sound = range.lowerBound..<range.lowerBound
        while let key = try reader.nextKey() {
            switch key {
            case WireKey.fixed32(1): sampleRate = try reader.float()
            case WireKey.bytes(4): sound = try reader.lengthDelimited()
            case WireKey.bytes(5): contentType = try reader.string()
            default: try reader.skip(key)
            }
        }
        self.sampleRate = sampleRate
        self.contentType = contentType
        encoded = [bytes.copy(sound)]
    }

    /// From a string tensor: shape [k, 2] has a label after each clip, shape [k] has clips alone.
    init(_ tensor: TensorView) throws(WireError) {
        let parts = try tensor.strings(limit: EventDecoder.maximumStrings)
        let hasLabels = tensor.rank == 2 && tensor.dimensions.1 == 2
        sampleRate = nil
        contentType = ""
        encoded = stride(from: 0, to: parts.count, by: hasLabels ? 2 : 1).map { tensor.bytes.copy(parts[$0]) }
    }
}
