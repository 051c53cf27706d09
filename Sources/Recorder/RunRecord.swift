import ExperimentModel
import HostSystem

/// Everything that an entry is made of.
package struct RunRecord: Sendable {
    package var manifest: RunManifest
    /// Points in the order of arrival, merged over their sources.
    package var series: [MetricSeries]
    package var samples: [SystemSample]
    package var texts: [LoggedText]
    package var images: [LoggedImage]
    /// Lines such as `numpy==2.1.0`.
    package var packages: [String]
    /// The last lines of what the command printed, without times.
    package var lastOutput: [String]
    /// What `nvidia-smi` printed, where there is one.
    package var gpuReport: String?
    /// Files that lie beside the entry: `environment/…` and images.
    package var attachments: [EntryFile]

    package init(
        manifest: RunManifest, series: [MetricSeries] = [], samples: [SystemSample] = [], texts: [LoggedText] = [],
        images: [LoggedImage] = [], packages: [String] = [], lastOutput: [String] = [], gpuReport: String? = nil,
        attachments: [EntryFile] = []
    ) {
        self.manifest = manifest
        self.series = series
        self.samples = samples
        self.texts = texts
        self.images = images
        self.packages = packages
        self.lastOutput = lastOutput
        self.gpuReport = gpuReport
        self.attachments = attachments
    }
}

/// A text that the program logged.
package struct LoggedText: Sendable, Hashable {
    package var name: String
    package var step: Int64
    package var text: String

    package init(name: String, step: Int64, text: String) {
        self.name = name
        self.step = step
        self.text = text
    }
}

/// An image that the program logged; its bytes are the attachment of the same path.
package struct LoggedImage: Sendable, Hashable {
    package var name: String
    package var step: Int64
    /// Below the entry's folder, such as `media/digits-3.png`.
    package var path: String

    package init(name: String, step: Int64, path: String) {
        self.name = name
        self.step = step
        self.path = path
    }
}

/// A file of an entry.
package struct EntryFile: Sendable, Hashable {
    /// Below the entry's folder.
    package var path: String
    package var bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}
