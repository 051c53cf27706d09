/// Two streams of one metric made one.
struct StreamJoin {
    private var points: [PointStream.Point] = []
    /// Points that both streams have.
    private var common = 0

    private let left: [PointStream.Point]
    private let right: [PointStream.Point]
    private let agreement: ValueAgreement

    /// Candidates of one step that are looked at before two streams count as different: keeps the time linear.
    private static let lookahead = 8

    /// The joined stream with the name of `left`; nil when the streams disagree on a step that both have, and when they
    /// have none in common: then nothing says that they count the same steps.
    static func join(_ left: PointStream, _ right: PointStream) -> PointStream? {
        var (left, right) = (left, right)
        var join = StreamJoin(left, right, ValueAgreement(left: left.precision, right: right.precision))
        let isOrdered = left.hasSteps != right.hasSteps && join.byOrder(leftNames: left.hasSteps)
        let namesEpochs = left.sources.isPrinted && right.sources == SourceSet(.trainerState)
        guard isOrdered || namesEpochs && join.byEpochs() || join.bySteps(left, right), join.common > 0 else {
            return nil
        }
        var joined = left
        joined.points = join.points
        joined.sources = left.sources.union(right.sources)
        joined.order = min(left.order, right.order)
        joined.hasSteps = left.hasSteps || right.hasSteps
        if right.precision.digits > left.precision.digits { joined.precision = right.precision }
        return joined
    }

    private init(_ left: PointStream, _ right: PointStream, _ agreement: ValueAgreement) {
        (self.left, self.right, self.agreement) = (left.points, right.points, agreement)
    }

    /// Streams of equal length whose values agree one by one are the same, though one of them names no steps.
    private mutating func byOrder(leftNames: Bool) -> Bool {
        guard left.count == right.count else { return false }
        points.reserveCapacity(left.count)
        for (first, second) in zip(left, right) {
            guard let value = agreement.merged(first.value, second.value) else {
                points = []
                return false
            }
            add(merged(first, second, value, step: leftNames ? first.step : second.step))
        }
        common = points.count
        return true
    }

    /// Hugging Face prints the epoch with its fraction and no step, and its state has both. A printed point that the
    /// state lacks belongs to the step it follows.
    private mutating func byEpochs() -> Bool {
        var places: [Double: Int] = [:]
        for (index, point) in right.enumerated() {
            guard let epoch = point.epoch else { return false }
            places[epoch] = index
        }
        var isTaken = [Bool](repeating: false, count: right.count)
        var lastStep: Int64?
        var joined: [PointStream.Point] = []
        for var point in left {
            guard let epoch = point.epoch else { return false }
            if let place = places[epoch], !isTaken[place] {
                guard let value = agreement.merged(point.value, right[place].value) else { return false }
                point = merged(point, right[place], value, step: right[place].step)
                isTaken[place] = true
                lastStep = point.step
            } else if let lastStep {
                point.step = lastStep
            }
            joined.append(point)
        }
        common = isTaken.count { $0 }
        guard common > 0 else { return false }
        let extra = right.indices.filter { !isTaken[$0] }.map { right[$0] }
        // Sorting is stable; without extra points nothing is sorted, and a restart stays visible.
        points = extra.isEmpty ? joined : (joined + extra).sorted { $0.step < $1.step }
        return true
    }

    private mutating func bySteps(_ first: PointStream, _ second: PointStream) -> Bool {
        points.reserveCapacity(max(left.count, right.count))
        let (leftStretches, rightStretches) = (first.stretches, second.stretches)
        guard leftStretches.count == rightStretches.count else { return byOccurrence() }
        for (leftStretch, rightStretch) in zip(leftStretches, rightStretches) {
            guard joinRising(leftStretch, rightStretch) else { return false }
        }
        return true
    }

    /// Joins two stretches in which steps do not go back.
    private mutating func joinRising(_ leftRange: Range<Int>, _ rightRange: Range<Int>) -> Bool {
        var (i, j) = (leftRange.lowerBound, rightRange.lowerBound)
        while i < leftRange.upperBound, j < rightRange.upperBound {
            let step = left[i].step
            if step < right[j].step {
                add(left[i])
                i += 1
            } else if step > right[j].step {
                add(right[j])
                j += 1
            } else {
                let leftEnd = endOfStep(left, i, leftRange.upperBound)
                let rightEnd = endOfStep(right, j, rightRange.upperBound)
                guard joinStep(i..<leftEnd, j..<rightEnd) else { return false }
                (i, j) = (leftEnd, rightEnd)
            }
        }
        points += left[i..<leftRange.upperBound]
        points += right[j..<rightRange.upperBound]
        return true
    }

    private func endOfStep(_ points: [PointStream.Point], _ start: Int, _ limit: Int) -> Int {
        var end = start + 1
        while end < limit, points[end].step == points[start].step { end += 1 }
        return end
    }

    /// Joins the points of one step in their order. Points left over on both sides contradict each other.
    private mutating func joinStep(_ leftRange: Range<Int>, _ rightRange: Range<Int>) -> Bool {
        var i = leftRange.lowerBound
        var (leftAlone, rightAlone) = (0, 0)
        for j in rightRange {
            let window = i..<min(leftRange.upperBound, i + Self.lookahead)
            if let match = window.first(where: { agreement.merged(left[$0].value, right[j].value) != nil }),
                let value = agreement.merged(left[match].value, right[j].value)
            {
                points += left[i..<match]
                leftAlone += match - i
                add(merged(left[match], right[j], value, step: left[match].step))
                common += 1
                i = match + 1
            } else {
                add(right[j])
                rightAlone += 1
            }
        }
        points += left[i..<leftRange.upperBound]
        leftAlone += leftRange.upperBound - i
        return leftAlone == 0 || rightAlone == 0
    }

    /// Joins streams that restart at different places: each point of the right one takes the first free point of the
    /// left one with its step; what finds none is sorted in by time.
    private mutating func byOccurrence() -> Bool {
        var heads: [Int64: Int] = [:]
        var following = [Int](repeating: -1, count: left.count)
        for index in left.indices.reversed() {
            following[index] = heads.updateValue(index, forKey: left[index].step) ?? -1
        }
        var joined = left
        var isTaken = [Bool](repeating: false, count: left.count)
        var extra: [PointStream.Point] = []
        for point in right {
            guard var head = heads[point.step] else {
                extra.append(point)
                continue
            }
            while head >= 0, isTaken[head] { head = following[head] }
            heads[point.step] = head
            guard head >= 0 else {
                extra.append(point)
                continue
            }
            var candidate = head
            var looked = 0
            while candidate >= 0, looked < 2 * Self.lookahead {
                if !isTaken[candidate], let value = agreement.merged(left[candidate].value, point.value) {
                    joined[candidate] = merged(left[candidate], point, value, step: point.step)
                    isTaken[candidate] = true
                    common += 1
                    break
                }
                candidate = following[candidate]
                looked += 1
            }
            if candidate < 0 || !isTaken[candidate] { return false }
        }
        sortIn(extra, among: joined)
        return true
    }

    private mutating func sortIn(_ extra: [PointStream.Point], among joined: [PointStream.Point]) {
        var rest = extra[...]
        for point in joined {
            while let first = rest.first, first.time < point.time {
                add(first)
                rest = rest.dropFirst()
            }
            add(point)
        }
        points += rest
    }

    private mutating func add(_ point: PointStream.Point) { points.append(point) }

    private func merged(
        _ first: PointStream.Point, _ second: PointStream.Point, _ value: Double, step: Int64
    ) -> PointStream.Point {
        PointStream.Point(
            step: step, epoch: first.epoch ?? second.epoch, value: value, time: min(first.time, second.time),
            sources: first.sources.union(second.sources))
    }
}
