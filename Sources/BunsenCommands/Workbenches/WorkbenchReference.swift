import Engines
import ExperimentModel
import GPUDevices
import HostSystem
import Workbench

/// A workbench that a person named, and what can be found out about it now.
struct WorkbenchReference {
    let folder: WorkbenchFolder
    let record: WorkbenchRecord

    /// Nil where there is none of that name.
    init?(_ name: String, _ context: CommandContext) {
        guard (try? WorkbenchName.check(name)) != nil else { return nil }
        let folder = WorkbenchFolder(home: context.home, name: name)
        guard let record = folder.record() else { return nil }
        (self.folder, self.record) = (folder, record)
    }

    init(_ folder: WorkbenchFolder, _ record: WorkbenchRecord) { (self.folder, self.record) = (folder, record) }

    /// - Throws: with the names of those that there are.
    static func find(_ name: String, _ context: CommandContext) throws -> WorkbenchReference {
        if let found = WorkbenchReference(name, context) { return found }
        let names = WorkbenchFolder.all(home: context.home).map(\.name)
        throw Failure(
            "there is no workbench \(name)",
            hint: names.isEmpty
                ? "open one: bunsen up jupyter, or bunsen up ssh" : "there are: \(names.joined(separator: ", "))",
            code: .missing)
    }

    static func engine(_ record: WorkbenchRecord, _ context: CommandContext) throws -> any ContainerEngine {
        let catalog = EngineCatalog.ofThisMachine(NVML()?.inventory() ?? [], context)
        guard let engine = catalog.engines.first(where: { $0.name.rawValue == record.engine }) else {
            throw Failure(
                "the workbench \(record.name) is on an engine that this Bunsen does not have: \(record.engine)")
        }
        return engine
    }

    enum Status {
        case open
        /// Its Bunsen was killed, and its container goes on.
        case unattended
        case ended(String)

        var text: String {
            switch self {
            case .open: "open"
            case .unattended: "open, unattended"
            case .ended(let reason): "ended: \(reason)"
            }
        }

        var isOpen: Bool { if case .ended = self { false } else { true } }
    }

    func status(_ context: CommandContext) -> Status {
        if folder.isKept { return .open }
        if let end = record.end { return .ended(end.reason) }
        // Only the containers of daemons outlive their Bunsen.
        if let state = container(context), state.status == .running { return .unattended }
        return .ended("its bunsen was killed")
    }

    func container(_ context: CommandContext) -> ContainerState? {
        try? Self.engine(record, context).inspect(record.container)
    }
}
