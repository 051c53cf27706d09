import ExperimentModel
import HostSystem

/// The parts of point lines that depend on the metric's name only, escaped once and kept: `,"metric":"loss"`.
struct MetricFragments: ~Copyable {
    struct Fragment {
        var start: Int
        var count: Int
    }

    private var store = LineBuffer(capacity: 4096)
    /// For each source, where the fragment of an id lies; a count of 0 stands for one not met yet.
    private var known: [[Fragment]]
    private var sources: [Fragment] = []

    /// Ids are small numbers; an absurd one is escaped each time instead of making a table of its size.
    private static let largestID = 1 << 20

    init() {
        known = Array(repeating: [], count: MetricSource.allCases.count)
        for source in MetricSource.allCases { sources.append(add(Array(",\"from\":\"\(source.rawValue)\"}\n".utf8))) }
    }

    /// The fragment of a name that may be new.
    @inline(__always)
    mutating func fragment(_ id: Int, _ source: MetricSource, _ name: () -> String) -> Fragment {
        let table = source.index
        if id >= 0, id < known[table].count, known[table][id].count > 0 { return known[table][id] }
        return learn(id, table, name())
    }

    @inline(never)
    private mutating func learn(_ id: Int, _ table: Int, _ name: String) -> Fragment {
        let bytes = Array(",\"metric\":".utf8) + jsonString(name)
        guard id >= 0, id < Self.largestID else {
            // Kept at the end of the store only until the next such id.
            if let last = loose { store.truncate(to: last) }
            loose = store.count
            return add(bytes)
        }
        loose = nil
        while known[table].count <= id { known[table].append(Fragment(start: 0, count: 0)) }
        known[table][id] = add(bytes)
        return known[table][id]
    }

    private var loose: Int?

    private mutating func add(_ bytes: [UInt8]) -> Fragment {
        let fragment = Fragment(start: store.count, count: bytes.count)
        store.append(bytes)
        return fragment
    }

    @inline(__always)
    func put(_ fragment: Fragment, into line: inout LineCursor) {
        line.put(store.base + fragment.start, fragment.count)
    }

    /// The end of the line: where the point came from.
    @inline(__always)
    func putSource(_ source: MetricSource, into line: inout LineCursor) {
        put(sources[source.index], into: &line)
    }
}

extension MetricSource {
    /// The position in `allCases`.
    var index: Int {
        switch self {
        case .stdout: 0
        case .stderr: 1
        case .tensorboard: 2
        case .trainerState: 3
        case .lightning: 4
        }
    }
}
