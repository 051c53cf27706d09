import HostSystem
import RecipeModel

/// Chooses the packages of a Debian base with apt's own solver, before anything is installed.
struct DebianResolver {
    let home: String
    let environment: [String: String]
    let progress: (String) -> Void

    /// To be the first process of a container: it reaps children that lost their parent and forwards signals.
    static let initProgram = "tini"
    /// What every base has beside the essential packages. `locales` is there to make the Chinese locale from. The
    /// libraries are those that every wheel for Linux may take for granted and a system without a desktop can have
    /// (PEP 600).
    static let additions = [
        "ca-certificates", "libgcc-s1", "libstdc++6", "locales", "netbase", "passwd", initProgram, "tzdata", "zlib1g",
    ]
    /// What torch.compile needs: it compiles C++ for the processor, and C around each kernel for a GPU.
    static let compiler = ["g++", "gcc", "libc6-dev"]
    /// All essential packages. To apt, apt itself is one of them; an image does without, unless it is asked for.
    static let essential = "?and(?essential,?not(?exact-name(apt)))"

    /// The package of the program that is process 1, for an image of a registry: it has a form without shared libraries.
    func initPackage(suite: String, architecture: String) throws -> DebianPackage? {
        let apt = try AptState(
            suite: suite, architecture: architecture,
            sources: try DebianSource.find(suite: suite, environment: environment), home: home, environment: environment
        )
        progress("fetching the indexes of debian:\(suite)")
        try apt.update()
        return try resolve([Self.initProgram], apt).first { $0.name == Self.initProgram }
    }

    func pin(suite: String, request: BaseRequest) throws -> (
        pin: DebianPin, python: PythonVersion?, fullPython: String?
    ) {
        let sources = try DebianSource.find(suite: suite, environment: environment)
        let apt = try AptState(
            suite: suite, architecture: request.architecture, sources: sources, home: home, environment: environment)
        progress("fetching the indexes of debian:\(suite)")
        try apt.update()
        progress("resolving the Debian packages")
        let (version, fullVersion) = try python(apt)
        var wanted = [Self.essential] + Self.additions + request.system
        if request.compiler { wanted += Self.compiler }
        if version == request.python {
            wanted.append("python3")
            // The headers: what is compiled for torch is an extension of this Python.
            if request.compiler { wanted.append("libpython3-dev") }
        }
        let packages = try resolve(wanted, apt)
        var pin = DebianPin(
            suite: suite, architecture: request.architecture, date: try apt.date(), packages: packages)
        let names = Set(packages.map(\.name))
        for (variant, added) in request.variants {
            let more = try resolve(wanted + added, apt).filter { !names.contains($0.name) }
            if !more.isEmpty { pin.variants[variant] = more }
        }
        return (pin, version, fullVersion)
    }

    /// The version of the suite's own Python: of `python3` as 3.11, of the interpreter as 3.11.2.
    private func python(_ apt: AptState) throws -> (PythonVersion?, String?) {
        let packages = try apt.resolve(["python3"])
        func upstream(_ name: String) -> String? {
            guard let version = packages.first(where: { $0.name == name })?.version else { return nil }
            return String(version.split(separator: ":").last?.prefix { $0.isNumber || $0 == "." } ?? "")
        }
        guard let version = upstream("python3").flatMap(PythonVersion.init(interpreterVersion:)) else {
            return (nil, nil)
        }
        return (version, upstream("python\(version)"))
    }

    private func resolve(_ wanted: [String], _ apt: AptState) throws -> [DebianPackage] {
        do {
            return try apt.resolve(wanted)
        } catch let error as BaseSystemError where error.kind == .missingPackage {
            let name = error.cause.split(separator: " ").last.map(String.init) ?? ""
            throw BaseSystemError(
                .missingPackage, error.operation, error.cause, hint: try hint(for: name, apt), detail: nil)
        }
    }

    private func hint(for name: String, _ apt: AptState) throws -> String {
        // Close names only, because comparing with all sixty thousand would take seconds.
        let candidates = try apt.packageNames().filter { candidate in
            abs(candidate.utf8.count - name.utf8.count) <= 2 && candidate.utf8.first == name.utf8.first
        }
        if let near = nearest(to: name, among: candidates) { return "did you mean \(near)?" }
        return "search for it: apt-cache search \(name)"
    }
}
