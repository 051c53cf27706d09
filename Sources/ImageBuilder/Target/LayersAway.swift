import OCIModel

/// The layers of an image that are at its target only: what a person should know was not looked at.
struct LayersAway {
    private let layers: [BuiltImage.Layer]
    private let target: PushTarget
    private let uncompared: [WheelPin]

    /// - Parameter uncompared: wheels whose files are not known here.
    init(_ layers: [BuiltImage.Layer], target: PushTarget, uncompared: [WheelPin]) {
        self.layers = layers.filter { !$0.isHere }
        self.target = target
        self.uncompared = uncompared
    }

    func notes(_ request: ImageRequest, isProven: Bool, isImported: Bool) -> [String] {
        guard !layers.isEmpty || !uncompared.isEmpty else { return [] }
        var unchecked: [String] = []
        if request.provesLibraries, !isProven { unchecked.append("whether every library is in the image") }
        if request.importsTorch, !isImported {
            unchecked.append(request.lock.torch == nil ? "whether Python starts" : "whether torch imports")
        }
        if !uncompared.isEmpty {
            unchecked.append("whether other wheels bring files that \(Self.list(uncompared)) have too")
        }
        var notes: [String] = []
        if !layers.isEmpty {
            let size = layers.reduce(0) { $0 &+ $1.record.descriptor.size }
            notes.append(
                "layers in \(target.name) only: \(layers.count) (\(size >> 20) MiB); what they are made of is taken "
                    + "from the images there")
        }
        if !unchecked.isEmpty {
            notes.append(
                "not checked: \(unchecked.joined(separator: "; ")). `--check` makes every layer here and checks")
        }
        return notes
    }

    private static func list(_ wheels: [WheelPin]) -> String {
        let names = wheels.prefix(3).map { "\($0.name) \($0.version)" }.joined(separator: ", ")
        return wheels.count > 3 ? "\(names) and \(wheels.count - 3) more" : names
    }
}
