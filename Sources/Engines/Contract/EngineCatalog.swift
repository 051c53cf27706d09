/// The engines of this machine, and the choice among them.
package struct EngineCatalog: Sendable {
    /// In the order in which `auto` tries those with containers.
    package let engines: [any ContainerEngine]

    package init(_ engines: [any ContainerEngine]) { self.engines = engines }

    package struct Choice: Sendable {
        package let engine: any ContainerEngine
        /// Why this one, in a few words.
        package let reason: String
    }

    /// The engine that was named, or the best that works.
    ///
    /// A plain process costs least and needs least, so it is the best for whatever it can do. What it cannot do goes to
    /// the first engine with containers that is usable.
    ///
    /// - Parameters:
    ///   - name: nil is `auto`.
    ///   - need: what asks for a container, such as "limits.memory"; nil where nothing does.
    package func choose(_ name: EngineName?, need: String?) throws -> Choice {
        if let name {
            guard let engine = engines.first(where: { $0.name == name }) else {
                throw EngineError(
                    "use", name.rawValue, .unusable("this Bunsen has no such engine"),
                    hint: "see which there are: bunsen doctor engines")
            }
            if case .unusable(let reason, let hint) = engine.availability() {
                throw EngineError("use", name.rawValue, .unusable(reason), hint: hint)
            }
            return Choice(engine: engine, reason: "as asked")
        }
        guard let need else {
            guard let process = engines.first(where: { $0.name == .process }) else {
                throw EngineError("use", "process", .unusable("this Bunsen has no such engine"))
            }
            return Choice(engine: process, reason: "nothing asks for a container")
        }
        var refused: [String] = []
        for engine in engines where engine.name != .process {
            switch engine.availability() {
            case .usable:
                let others = refused.isEmpty ? "" : "; \(refused.joined(separator: "; "))"
                return Choice(engine: engine, reason: "for \(need)\(others)")
            case .unusable(let reason, _): refused.append("\(engine.name.rawValue): \(reason)")
            }
        }
        let found = refused.isEmpty ? "there is no engine with containers" : refused.joined(separator: "; ")
        throw EngineError(
            "give", need, .unusable("it needs a container, and none can be had (\(found))"),
            hint: "see what each engine lacks: bunsen doctor engines")
    }
}
