import MetricText

/// Makes steps that start again in each epoch into steps that rise through the whole training.
///
/// Many scripts print `Train Epoch: 2 [640/60000]` or `epoch 2 step 40` with a step that counts within the epoch. Drawn
/// as they are, curves would fold over themselves. A step that falls back while the epoch rises begins a new stretch,
/// which is put behind the last one; a step that falls back without a new epoch is left as it is: that is a restart.
package struct GlobalStep {
    private struct Progress {
        var epoch: Double
        var last: Int64
        var offset: Int64 = 0
    }

    private var progress: [UInt8: Progress] = [:]

    package init() {}

    /// The step to record for a line.
    ///
    /// - Parameters:
    ///   - total: how many steps an epoch has, where the line says so.
    package mutating func step(_ step: Int64, key: ScannedLine.StepKey, epoch: Double?, total: Int64?) -> Int64 {
        guard let epoch, key != .epoch else { return step }
        guard var known = progress[key.rawValue] else {
            progress[key.rawValue] = Progress(epoch: epoch, last: step)
            return step
        }
        if epoch > known.epoch, step <= known.last {
            let stretch = max(known.last, total ?? 0)
            known.offset = known.offset.addingReportingOverflow(stretch).partialValue
        } else if epoch < known.epoch {
            known.offset = 0
        }
        (known.epoch, known.last) = (epoch, step)
        progress[key.rawValue] = known
        return step.addingReportingOverflow(known.offset).partialValue
    }
}
