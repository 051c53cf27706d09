import HostSystem

/// The way by which a value reached Bunsen.
package enum MetricSource: String, Sendable, Hashable, Codable, CaseIterable {
    case stdout, stderr, tensorboard
    case trainerState = "trainer_state"
    case lightning
}

/// One value of a metric.
package struct MetricPoint: Sendable, Hashable {
    package var name: String
    /// The step that the program named; nil where it named none (readers then count the points of the series).
    package var step: Int64?
    package var epoch: Double?
    /// May be NaN or infinite.
    package var value: Double
    package var time: Timestamp
    package var source: MetricSource

    package init(
        name: String, step: Int64?, epoch: Double? = nil, value: Double, time: Timestamp, source: MetricSource
    ) {
        self.name = name
        self.step = step
        self.epoch = epoch
        self.value = value
        self.time = time
        self.source = source
    }
}

/// All values of one metric, merged over the ways by which they came.
package struct MetricSeries: Sendable, Hashable {
    package struct Point: Sendable, Hashable {
        package var step: Int64
        package var epoch: Double?
        package var value: Double
        package var time: Timestamp
        package var sources: Set<MetricSource>

        package init(step: Int64, epoch: Double? = nil, value: Double, time: Timestamp, sources: Set<MetricSource>) {
            self.step = step
            self.epoch = epoch
            self.value = value
            self.time = time
            self.sources = sources
        }
    }

    package var name: String
    /// In the order of arrival. A step that goes back marks a restart of the training.
    package var points: [Point]

    package init(name: String, points: [Point]) {
        self.name = name
        self.points = points
    }

    package var sources: Set<MetricSource> { points.reduce(into: []) { $0.formUnion($1.sources) } }
}

/// Which metric stands for the run, and which way is better.
package struct PrimaryMetric: Sendable, Hashable, Codable {
    package enum Goal: String, Sendable, Hashable, Codable, CaseIterable { case min, max }

    package var metric: String
    package var goal: Goal

    package init(metric: String, goal: Goal) {
        self.metric = metric
        self.goal = goal
    }
}

/// One reading of the machine while a run lasts.
package struct SystemSample: Sendable, Hashable, Codable {
    package struct GPU: Sendable, Hashable, Codable {
        package var index: Int
        /// Percent of the last sampling window in which a kernel ran; nil where the device does not say (MIG).
        package var utilization: Double?
        /// Bytes in use on the whole device, and its size.
        package var memoryUsed: UInt64
        package var memoryTotal: UInt64
        /// Watts.
        package var power: Double?
        /// Degrees Celsius.
        package var temperature: Double?

        package init(index: Int, utilization: Double?, memoryUsed: UInt64, memoryTotal: UInt64) {
            self.index = index
            self.utilization = utilization
            self.memoryUsed = memoryUsed
            self.memoryTotal = memoryTotal
        }
    }

    package var time: Timestamp
    /// Cores in use by the run's processes since the last sample: 1.5 is one and a half.
    package var cpu: Double
    /// Resident bytes of the run's processes together.
    package var memory: UInt64
    package var processes: Int
    package var gpus: [GPU]

    package init(time: Timestamp, cpu: Double, memory: UInt64, processes: Int, gpus: [GPU] = []) {
        self.time = time
        self.cpu = cpu
        self.memory = memory
        self.processes = processes
        self.gpus = gpus
    }
}
