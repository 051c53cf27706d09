import ContentStore
import Glibc
import HostSystem
import LayerArchive
import OCIModel
import WheelFormat

/// The layers of compiled modules, so that the first start of a container does not compile them: one for each wheel with
/// many of them, so that images share it, and a few for all others, by a hash of their names, so that a change moves
/// little.
struct BytecodeLayers {
    let store: ContentStore
    let layout: ImageLayout
    /// The interpreter's full version: it decides what its compiler writes.
    let pythonVersion: String
    let host: [String: String]
    let progress: BuildProgress

    /// How many layers there may be.
    struct Room {
        /// Wheels that have a layer of their own.
        var own: Int
        /// Layers that the others share.
        var shared: Int

        var layers: Int { own + shared }

        static let plain = Room(own: 16, shared: LayerPlan.sharedLayers)
        /// A variant has few wheels.
        static let variant = Room(own: 0, shared: 1)
    }

    /// Wheels with fewer bytes of modules share a layer.
    private static let ownSize = 256 << 10

    private struct Group: Sendable {
        let title: String
        let digests: [Digest]
        let modules: [String]
    }

    /// - Parameter sandbox: asked for when something has to be compiled.
    func make(
        _ wheels: [WheelPin], _ facts: [WheelFacts], room: Room, isUsable: (LayerRecord) throws -> Bool,
        sandbox: () throws -> ImageSandbox
    ) throws -> (layers: [BuiltImage.Layer], notes: [String]) {
        let groups = groups(wheels, facts, room)
        let keys = groups.map { group in
            RecordKey(
                "bytecode-layer",
                parts: ["\(ImageLayout.version)", "\(ModuleCompiler.version)", layout.sitePackages, pythonVersion]
                    + group.digests.map(\.description))
        }
        var records = try keys.map { key in
            try store.record(key, as: LayerRecord.self).flatMap { try isUsable($0) ? $0 : nil }
        }
        let missing = groups.indices.filter { records[$0] == nil }
        let made = missing.isEmpty ? [] : try compile(missing.map { groups[$0] }, in: try sandbox())
        var notes: [String] = []
        for (index, result) in zip(missing, made) {
            try store.setRecord(result.record, for: keys[index])
            records[index] = result.record
            if result.leftOut > 0 {
                notes.append(
                    "\(groups[index].title): \(result.leftOut) of \(groups[index].modules.count) modules are compiled"
                        + " when they are imported")
            }
        }
        let layers = zip(groups, records).enumerated().compactMap { index, layer in
            layer.1.map {
                BuiltImage.Layer(
                    kind: .bytecode, title: layer.0.title, record: $0, wheels: [], isMade: missing.contains(index))
            }
        }
        return (layers, notes)
    }

    // MARK: What goes where

    private func groups(_ wheels: [WheelPin], _ facts: [WheelFacts], _ room: Room) -> [Group] {
        let all = zip(wheels, facts).map { wheel, facts in
            (wheel, facts.files.filter { $0.path.hasSuffix(".py") && $0.path.hasPrefix(layout.sitePackages + "/") })
        }
        let sizes = all.map { wheel, files in (wheel, files.reduce(0) { $0 + $1.size }) }
        let own = Set(
            sizes.filter { $0.1 >= Self.ownSize }.sorted { ($0.1, $0.0.name) > ($1.1, $1.0.name) }
                .prefix(room.own).map(\.0))
        var groups: [Group] = []
        var shared: [[(wheel: WheelPin, modules: [String])]] = Array(repeating: [], count: room.shared)
        for (wheel, files) in all where !files.isEmpty {
            guard own.contains(wheel) else {
                shared[LayerPlan.bucket(of: wheel.name, among: room.shared)].append((wheel, files.map(\.path)))
                continue
            }
            groups.append(
                Group(
                    title: "bytecode of \(wheel.name) \(wheel.version)", digests: [wheel.digest],
                    modules: sorted(files.map(\.path))))
        }
        for members in shared where !members.isEmpty {
            groups.append(
                Group(
                    title: "bytecode of \(members.map(\.wheel.name).sorted().joined(separator: ", "))",
                    digests: members.map(\.wheel.digest), modules: sorted(Set(members.flatMap(\.modules)))))
        }
        return groups
    }

    private func sorted(_ paths: some Sequence<String>) -> [String] {
        paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    // MARK: Making

    /// - Returns: for each group its layer, and how many modules are not in it.
    private func compile(
        _ groups: [Group], in sandbox: ImageSandbox
    ) throws -> [(record: LayerRecord, leftOut: Int)] {
        let modules = groups.flatMap(\.modules)
        progress.begin("compiling \(modules.count) modules")
        let work = try store.workFolder()
        defer { withExtendedLifetime(work) {} }
        let output = try ModuleCompiler(layout: layout, host: host).compile(modules, in: sandbox, scratch: work.path)
        progress.begin("packing compiled modules")
        var first = 0
        let parts = groups.map { group in
            defer { first += group.modules.count }
            return (group, first)
        }
        return try Parallel.map(parts, width: WheelLayers.width) { group, first in
            try layer(group, output, from: first)
        }
    }

    /// - Parameter first: the number of the group's first module.
    private func layer(
        _ group: Group, _ output: ModuleCompiler.Output, from first: Int
    ) throws -> (record: LayerRecord, leftOut: Int) {
        let tag = "cpython-\(layout.python.replacing(".", with: ""))"
        let compiled = group.modules.enumerated().compactMap { index, module -> (name: String, path: String)? in
            guard let path = output.path(first + index), let folder = Files.parent(of: module) else { return nil }
            return ("\(folder)/__pycache__/\(Files.name(of: module).dropLast(".py".count)).\(tag).pyc", path)
        }
        let blob = try store.blobFile()
        let writer = try LayerWriter(
            blob.descriptor, name: group.title, owner: LayerOwner(modified: Int(ImageLayout.fileTime)))
        for file in compiled.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            let content = try Descriptor.open(file.path, O_RDONLY)
            var status = stat()
            guard fstat(content.number, &status) == 0 else { throw SystemError("read", file.path) }
            try writer.addFile(
                file.name, stored: DataRange(content, path: file.path, offset: 0, size: Int(status.st_size)))
        }
        let layer = try writer.finish()
        _ = try blob.finish(trusting: layer.descriptor.digest, size: layer.descriptor.size)
        // A container starts from unpacked layers.
        let snapshot = try store.snapshotWriter()
        let tree = SnapshotTree(root: snapshot.tree)
        for file in compiled { try tree.moveFile(from: file.path, to: file.name, mode: 0o644) }
        _ = try snapshot.finish(as: layer.diffID, note: group.title)
        let record = LayerRecord(
            descriptor: layer.descriptor, diffID: layer.diffID, unpackedSize: layer.uncompressedSize)
        return (record, group.modules.count - compiled.count)
    }
}
