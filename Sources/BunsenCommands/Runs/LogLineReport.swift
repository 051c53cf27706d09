import ExperimentModel
import FoundationEssentials
import RunStore

/// A line of output as `bunsen logs --format json` gives it: one object a line, so that it can be followed.
struct LogLineReport: Encodable {
    let time: String
    let stream: String
    let text: String
    /// The bytes themselves, where they are not UTF-8 and `text` had to be repaired.
    let base64: String?
    /// The next object of this stream goes on with the same line; absent otherwise.
    let partial: Bool?

    init(_ entry: OutputLogEntry) {
        time = String(decoding: entry.time, as: UTF8.self)
        stream = entry.stream.name
        text = String(decoding: entry.text, as: UTF8.self)
        base64 = String(validating: entry.text, as: UTF8.self) == nil ? Data(entry.text).base64EncodedString() : nil
        partial = entry.isPiece ? true : nil
    }

    var line: [UInt8] { get throws { try RecordCoding.encode(self, pretty: false) + [UInt8(ascii: "\n")] } }
}
