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

    /// The text of pylock.toml, and sentences for the person.
    func carryOut() throws -> (text: String, notices: [String]) {
        guard let torch = recipe.torch else {
            return (try compilation.run(torch: nil, backend: backendWithoutTorch), [])
        }
        switch recipe.cuda {
        case nil: return (try compilation.run(torch: torch.requirement), [])
        case .cpu: return try cpu(torch)
        case .cuda(let version): return (try cuda(version, torch), [])
        }
    }

    private var backendWithoutTorch: String? {
        recipe.cuda.map(\.tag)
    }

    private func cuda(_ version: CUDAVersion, _ torch: TorchVersion) throws -> String {
        // The Python index has one build of each release; the others are on PyTorch's own index.
        if TorchRelease.known(torch)?.defaultBuild == version { return try compilation.run(torch: torch.requirement) }
        return try compilation.run(torch: torch.requirement, backend: version.tag)
    }

    private func cpu(_ torch: TorchVersion) throws -> (String, [String]) {
        var notices: [String] = []
        if let wheel = wheels.newest(torch, python: python) {
            let text = try compilation.run(torch: "torch==\(wheel.packageVersion)")
            let strangers = try Self.strangers(in: text)
            if strangers.isEmpty { return (text, []) }
            notices.append(
                "the CPU build of torch in the configured find-links is not used: there is no "
                    + "\(strangers.joined(separator: " or ")) beside it that was built for the CPU")
        }
        do {
            return (try compilation.run(torch: torch.requirement, backend: "cpu", seconds: Self.patience), notices)
        } catch let error as ResolverError where Self.isUnreachable(error) {
            let text = try compilation.run(torch: torch.requirement)
            let size = try PyLock(text: text).packages.reduce(Int64(0)) { $0 &+ ($1.archive?.size ?? 0) }
            let build = try PyLock(text: text).packages.first { $0.name == "torch" }?.version ?? torch.description
            if !build.hasSuffix("+cpu") {
                notices.append(
                    "no CPU build of torch can be reached, so the Python index's default build \(build) is used, which "
                        + "also runs on the CPU: \(gigabytes(size)) to download instead of about 0.3 GB")
            }
            return (text, notices)
        }
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
