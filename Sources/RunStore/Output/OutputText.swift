/// An output log as people read it: the lines again, with or without times.
package struct OutputText {
    private let hasTimes: Bool
    private let streams: Set<OutputStream>
    /// Whether the last entry of each stream was a piece: its line goes on.
    private var isOpen = [false, false]

    /// - Parameter streams: those that are shown.
    package init(times: Bool = false, streams: Set<OutputStream> = Set(OutputStream.allCases)) {
        hasTimes = times
        self.streams = streams
    }

    /// Adds an entry to what is printed next.
    package mutating func append(_ entry: OutputLogEntry, to bytes: inout [UInt8]) {
        guard streams.contains(entry.stream) else { return }
        let stream = Int(entry.stream.rawValue)
        if hasTimes, !isOpen[stream] {
            bytes += entry.time
            bytes.append(32)
        }
        bytes += entry.text
        isOpen[stream] = entry.isPiece
        if !entry.isPiece { bytes.append(10) }
    }
}
