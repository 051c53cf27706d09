import ExperimentModel

/// The metrics of a run, each once.
package struct MergedMetrics: Sendable {
    /// In the order of their first points.
    package var series: [MetricSeries]
    /// Other spellings that were merged, with the name of the series that has their points.
    package var otherNames: [String: String]

    /// The series of a metric in any of its spellings.
    package func series(named name: String) -> MetricSeries? {
        let kept = otherNames[name] ?? name
        return series.first { $0.name == kept }
    }
}

/// Makes series of a run's points. The rules are in Documentation/formats/run-folder.md; the time is linear.
package enum SeriesMerger {
    package static func merge(_ points: [JournalPoint], names: [String]) -> MergedMetrics {
        var joined: [PointStream] = []
        for streams in streamsByName(points, names) {
            joined += joinedSources(streams)
        }
        let (streams, otherNames) = joinedSpellings(joined)
        let sets = SourceSet.all
        return MergedMetrics(
            series: streams.sorted { $0.order < $1.order }.map { $0.series(sets) }, otherNames: otherNames)
    }

    package static func merge(_ points: [MetricPoint]) -> MergedMetrics {
        var names = NameTable()
        let numbered = points.map { point in
            JournalPoint(
                name: names.intern(point.name), source: point.source, step: point.step, epoch: point.epoch,
                value: point.value, time: point.time.seconds)
        }
        return merge(numbered, names: names.names)
    }

    /// The points by name and source, in the order of arrival.
    private static func streamsByName(_ points: [JournalPoint], _ names: [String]) -> [[PointStream]] {
        let ways = MetricSource.allCases.count
        var counts = [Int](repeating: 0, count: names.count * ways)
        let valid = points.allSatisfy { $0.name >= 0 && Int($0.name) < names.count }
        guard valid else { return [] }
        for point in points { counts[Int(point.name) * ways + point.source.index] += 1 }
        var arrived: [[JournalPoint]] = counts.map { count in
            var stream: [JournalPoint] = []
            stream.reserveCapacity(count)
            return stream
        }
        var order = [Int](repeating: 0, count: counts.count)
        for (position, point) in points.enumerated() {
            let index = Int(point.name) * ways + point.source.index
            if arrived[index].isEmpty { order[index] = position }
            arrived[index].append(point)
        }
        return names.indices.map { name in
            MetricSource.allCases.compactMap { source in
                let index = name * ways + source.index
                if arrived[index].isEmpty { return nil }
                return PointStream(name: names[name], source: source, order: order[index], arrived: arrived[index])
            }
        }
    }

    /// The sources of one name: one stream as far as they agree, others named after their source.
    private static func joinedSources(_ streams: [PointStream]) -> [PointStream] {
        var kept: [PointStream] = []
        for var stream in streams.sorted(by: { $0.sources.rank < $1.sources.rank }) {
            if let (index, joined) = firstJoin(kept, stream, from: kept.indices) {
                kept[index] = joined
                continue
            }
            if !kept.isEmpty, let source = stream.sources.sources.first {
                stream.name += " (\(source.rawValue))"
            }
            kept.append(stream)
        }
        return kept
    }

    /// Streams of different names and sources whose names are spellings of one metric, and which agree.
    private static func joinedSpellings(_ streams: [PointStream]) -> ([PointStream], [String: String]) {
        var kept: [PointStream] = []
        var spellings: [MetricSpelling] = []
        var places: [MetricSpelling: [Int]] = [:]
        var otherNames: [String: String] = [:]
        let sources = streams.reduce(SourceSet(bits: 0)) { $0.union($1.sources) }
        guard sources.bits.nonzeroBitCount > 1 else { return (streams, [:]) }
        let ranked = streams.sorted { ($0.sources.rank, $0.order) < ($1.sources.rank, $1.order) }
        for stream in ranked {
            let spelling = MetricSpelling(stream.name)
            // Many names of one spelling mean that the spelling says little.
            let near = places[spelling.withoutTrain, default: []].prefix(32)
                .filter { kept[$0].sources.isDisjoint(stream.sources) }
            let candidates =
                near.filter { spellings[$0] == spelling } + near.filter { spellings[$0] != spelling }
            if let (index, joined) = firstJoin(kept, stream, from: candidates) {
                kept[index] = joined
                otherNames[stream.name] = joined.name
            } else {
                places[spelling.withoutTrain, default: []].append(kept.count)
                kept.append(stream)
                spellings.append(spelling)
            }
        }
        return (kept, otherNames)
    }

    /// The first of the candidates that the stream agrees with.
    private static func firstJoin(
        _ kept: [PointStream], _ stream: PointStream, from candidates: some Sequence<Int>
    ) -> (index: Int, joined: PointStream)? {
        for index in candidates {
            if let joined = StreamJoin.join(kept[index], stream) { return (index, joined) }
        }
        return nil
    }
}
