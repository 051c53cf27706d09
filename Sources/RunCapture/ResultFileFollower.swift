import ExperimentModel
import Glibc
import HostSystem
import MetricText
import RunStore
import TensorBoardEvents

/// Reads the result files that appear while a run lasts, as far as they have grown, into the journal.
package struct ResultFileFollower {
    /// Bytes of one file that are read at a time, so that a large file cannot keep the supervisor from the output.
    private static let budget = 8 << 20

    private enum Reader {
        /// Names in the reader's numbering of its tags.
        case tensorboard(EventFileReader, names: [RunJournal.Name])
        case trainerState(TrainerState)
        case lightning(LightningCSV)
    }

    private struct Followed {
        let path: String
        var reader: Reader
        var size: Int64 = -1
        var change = timespec()
        /// The last read stopped before the end of the file.
        var hasMore = false
        /// Where a record begins that is not all there.
        var tornAt: Int?
        var hasComplained = false
    }

    private var finder: ResultFileFinder
    private var files: [Followed] = []
    private var media: MediaFolder
    private var warnings: [String] = []
    package private(set) var lastStep: Int64?

    /// - Parameter media: where images are kept.
    package init(finder: ResultFileFinder, media: MediaFolder) {
        self.finder = finder
        self.media = media
    }

    mutating func takeWarnings() -> [String] {
        defer { warnings = [] }
        return warnings
    }

    /// Reads everything that is left, when nobody writes any more.
    ///
    /// - Parameter flush: called between portions, so that the journal need not hold all of them.
    mutating func readToEnd(into journal: RunJournal, flush: () -> Void) {
        read(lookingForNewFiles: true, into: journal)
        while files.contains(where: \.hasMore) {
            flush()
            read(lookingForNewFiles: false, into: journal)
        }
        for index in files.indices {
            var file = files[index]
            guard let offset = file.tornAt else { continue }
            complain(&file, "the record at byte \(offset) is not complete and was left out")
            files[index] = file
        }
    }

    mutating func read(lookingForNewFiles: Bool, into journal: RunJournal) {
        if lookingForNewFiles {
            for found in finder.look() { files.append(Followed(path: found.path, reader: Self.reader(found))) }
        }
        for index in files.indices {
            let hadMore = files[index].hasMore
            files[index].hasMore = false
            var status = stat()
            guard stat(files[index].path, &status) == 0 else { continue }
            let isSame =
                !hadMore && status.st_size == files[index].size && status.st_mtim.tv_sec == files[index].change.tv_sec
                && status.st_mtim.tv_nsec == files[index].change.tv_nsec
            if isSame { continue }
            files[index].size = Int64(status.st_size)
            files[index].change = status.st_mtim
            // Taken out and put back, so that a reader's state is not copied at every point.
            var file = files[index]
            files[index].reader = .trainerState(TrainerState())
            do {
                try read(&file, into: journal)
            } catch {
                complain(&file, "\(error)")
            }
            files[index] = file
        }
    }

    private static func reader(_ found: ResultFileFinder.Found) -> Reader {
        switch found.kind {
        case .tensorboard: .tensorboard(EventFileReader(path: found.path), names: [])
        case .trainerState: .trainerState(TrainerState())
        case .lightning: .lightning(LightningCSV())
        }
    }

    private mutating func complain(_ file: inout Followed, _ text: String) {
        guard !file.hasComplained else { return }
        file.hasComplained = true
        warnings.append("\(file.path): \(text)")
    }

    private mutating func read(_ file: inout Followed, into journal: RunJournal) throws {
        switch file.reader {
        case .tensorboard(var reader, var names):
            let before = reader.totals
            var items: [EventFileItem] = []
            let outcome = try reader.readAvailable(atMost: Self.budget) { items.append($0) }
            for item in items { record(item, names: &names, into: journal) }
            file.reader = .tensorboard(reader, names: names)
            file.tornAt = nil
            switch outcome {
            case .caughtUp: break
            case .truncatedTail(let offset): file.tornAt = offset
            case .paused, .replaced: file.hasMore = true
            case .corrupt, .notAnEventFile: complain(&file, "\(outcome)")
            }
            if reader.totals.badChecksums > before.badChecksums {
                complain(&file, "\(reader.totals.badChecksums) damaged records were left out")
            }
        case .trainerState(var state):
            let points = try Files.read(file.path, limit: MetricFileLimits.largest).withUnsafeBytes { bytes in
                try state.newPoints(in: bytes)
            }
            file.reader = .trainerState(state)
            record(points, source: .trainerState, into: journal)
        case .lightning(var csv):
            let points = try Files.read(file.path, limit: MetricFileLimits.largest).withUnsafeBytes { bytes in
                try csv.newPoints(in: bytes)
            }
            file.reader = .lightning(csv)
            record(points, source: .lightning, into: journal)
        }
    }

    private mutating func record(_ points: [FilePoint], source: MetricSource, into journal: RunJournal) {
        for point in points {
            if let step = point.step { lastStep = max(lastStep ?? step, step) }
            journal.append(
                journal.name(point.name), step: point.step, epoch: point.epoch, value: point.value, source: source,
                time: .now)
        }
    }

    private mutating func record(
        _ item: EventFileItem, names: inout [RunJournal.Name], into journal: RunJournal
    ) {
        switch item {
        case .tag(let tag, let info):
            // Tags are numbered in the order in which they are told; a replaced file keeps the numbers.
            if tag.index == names.count { names.append(journal.name(info.name)) }
        case .scalar(let point):
            lastStep = max(lastStep ?? point.step, point.step)
            guard names.indices.contains(point.tag.index) else { return }
            journal.append(
                names[point.tag.index], step: point.step, epoch: nil, value: Double(point.valueText) ?? point.value,
                source: .tensorboard, time: Timestamp(seconds: point.wallTime))
        case .value(let value):
            guard names.indices.contains(value.tag.index) else { return }
            record(value, tag: names[value.tag.index].text, into: journal)
        case .restart: break  // the fall of the step shows it
        }
    }

    private mutating func record(_ value: LoggedValue, tag: String, into journal: RunJournal) {
        let time = Timestamp(seconds: value.wallTime)
        switch value.content {
        case .text(let texts):
            journal.append(text: texts.joined(separator: "\n"), tag: tag, step: value.step, time: time)
        case .images(let images):
            for (index, image) in images.encoded.enumerated() {
                do {
                    guard let file = try media.keep(image, tag: tag, step: value.step, index: index) else { continue }
                    journal.append(image: file, tag: tag, step: value.step, time: time)
                } catch {
                    warnings.append("the image \(tag) could not be kept: \(error)")
                }
            }
        case .histogram(let histogram):
            guard let first = histogram.buckets.first else { return }
            journal.append(
                histogram: [first.left] + histogram.buckets.map(\.right), counts: histogram.buckets.map(\.count),
                tag: tag, step: value.step, time: time)
        case .hparams(.sessionStart(let start)):
            for parameter in start.parameters {
                guard let value = Self.value(parameter.value) else { continue }
                journal.append(
                    parameter: Parameter(name: parameter.name, value: value, source: "tensorboard"), time: time)
            }
        case .hparams, .audio, .other: break
        }
    }

    private static func value(_ value: HParamValue) -> ParameterValue? {
        switch value {
        case .number(let number):
            Int64(exactly: number).map(ParameterValue.integer) ?? .number(number)
        case .string(let text): .text(text)
        case .bool(let flag): .boolean(flag)
        case .null, .list, .object: nil
        }
    }
}
