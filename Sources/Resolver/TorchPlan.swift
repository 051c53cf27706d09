import HostSystem
import RecipeModel

/// Where the build of torch that a recipe asks for can come from, tried in order.
struct TorchPlan {
    /// Packages with machine code made for one build of torch: another build cannot load it.
    static let companions: Set<String> = ["torchvision", "torchaudio", "torchtext", "torchcodec"]
    /// How long PyTorch's own index may take to answer before the next way is tried.
    static let patience = 8

    let recipe: Recipe
    let wheels: LocalWheels
    let python: PythonVersion
    let compilation: Compilation

    struct Outcome {
        /// Of pylock.toml.
        var text: String
        /// How it came about: variants go the same way.
        var way: Compilation.Way
        /// Sentences for the person.
        var notices: [String] = []
    }

    func carryOut() throws -> Outcome {
        guard let torch = recipe.torch else { return try outcome(.init(backend: recipe.cuda.map(\.tag))) }
        switch recipe.cuda {
        case nil: return try outcome(.init(torch: torch.requirement))
        case .cpu: return try cpu(torch)
        case .cuda(let version):
            // The Python index has one build of each release; the others are on PyTorch's own index.
            let isDefault = TorchRelease.known(torch)?.defaultBuild == version
            return try outcome(.init(torch: torch.requirement, backend: isDefault ? nil : version.tag))
        }
    }

    private func outcome(_ way: Compilation.Way, _ notices: [String] = []) throws -> Outcome {
        Outcome(text: try compilation.run(way), way: way, notices: notices)
    }

    private func cpu(_ torch: TorchVersion) throws -> Outcome {
        var notices: [String] = []
        var findLinks: [String]?
        if let wheel = wheels.newest(torch, python: python) {
            let outcome = try outcome(.init(torch: "torch==\(wheel.packageVersion)"))
            let strangers = try Self.strangers(in: outcome.text)
            if strangers.isEmpty { return outcome }
            notices.append(
                "the CPU build of torch in the configured find-links is not used: there is no "
                    + "\(strangers.joined(separator: " or ")) that was built for it")
            findLinks = wheels.foldersWithoutTorch
        }
        do {
            return try outcome(
                .init(torch: torch.requirement, backend: "cpu", seconds: Self.patience, findLinks: findLinks), notices)
        } catch let error as ResolverError where Self.isUnreachable(error) {
            return try defaultBuild(torch, findLinks: findLinks, notices)
        }
    }

    /// The build of the Python index, which is made for CUDA and runs on the CPU too.
    private func defaultBuild(
        _ torch: TorchVersion, findLinks: [String]?, _ notices: [String]
    ) throws -> Outcome {
        var outcome = try outcome(.init(torch: torch.requirement, findLinks: findLinks), notices)
        let packages = try PyLock(text: outcome.text).packages
        let strangers = try Self.strangers(in: outcome.text)
        guard strangers.isEmpty else {
            throw ResolverError(
                .impossible, Resolver.operation,
                "\(strangers.joined(separator: " and ")) and torch were built for different devices",
                hint: "offer both from one place, or leave the local wheels of torch out of find-links")
        }
        let version = packages.first { $0.name == "torch" }?.version ?? torch.description
        if version.hasSuffix("+cpu") { return outcome }
        let size = packages.reduce(Int64(0)) { $0 &+ ($1.archive?.size ?? 0) }
        let notice =
            "no CPU build of torch can be reached, so the default build \(version) of the Python index is used, which "
            + "runs on the CPU as well: \(gigabytes(size)) to download instead of about 0.3 GB"
        outcome.notices.append(notice)
        return outcome
    }

    /// The companions of torch in a lock that were made for another build than its torch.
    static func strangers(in pylock: String) throws -> [String] {
        let packages = try PyLock(text: pylock).packages
        func label(_ version: String) -> Substring? { version.split(separator: "+").dropFirst().first }
        guard let torch = packages.first(where: { $0.name == "torch" }) else { return [] }
        return packages.filter { companions.contains($0.name) && label($0.version) != label(torch.version) }.map(\.name)
    }

    private static func isUnreachable(_ error: ResolverError) -> Bool {
        [.noNetwork, .timeout, .serverError, .authentication, .certificate].contains(error.kind)
    }

    private func gigabytes(_ bytes: Int64) -> String {
        let tenths = (bytes + 50_000_000) / 100_000_000
        return "\(tenths / 10).\(tenths % 10) GB"
    }
}
