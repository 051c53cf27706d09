import HostSystem

/// An apt of its own: the indexes of one suite in a private folder, without anything that is installed on this machine
/// and without the need to be root. Kept between uses, so that only indexes that changed are fetched again.
struct AptState {
    static let operation = "cannot resolve the Debian packages of the base"

    let folder: String
    let sources: [DebianSource]
    private let environment: [String: String]
    private let lock: FileLock

    /// - Parameter home: $BUNSEN_HOME.
    init(
        suite: String, architecture: String, sources: [DebianSource], home: String, environment: [String: String]
    ) throws {
        let identity = SHA256.hexDigest(sources.flatMap { "\($0.archive) \($0.address)\n".utf8 }).prefix(16)
        folder = "\(home)/cache/apt/\(suite)-\(architecture)-\(identity)"
        self.sources = sources
        self.environment = environment
        try Files.makeFolder("\(folder)/lists/partial")
        try Files.makeFolder("\(folder)/cache/archives/partial")
        lock = try FileLock.wait("\(folder)/lock")
        let options = Self.keyring(environment).map { " signed-by=\($0)" } ?? ""
        let lines = sources.map { "deb [arch=\(architecture)\(options)] \($0.address) \($0.archive) main\n" }
        try Files.write(lines.joined(), to: "\(folder)/sources.list", mode: 0o600)
        try Files.write("", to: "\(folder)/status")
        try Files.write(try configuration(architecture: architecture), to: "\(folder)/apt.conf", mode: 0o600)
    }

    /// The keys that Debian signs with. Nil leaves the choice to the keys that this machine's apt trusts.
    private static func keyring(_ environment: [String: String]) -> String? {
        if let chosen = environment["BUNSEN_DEBIAN_KEYRING"], !chosen.isEmpty { return chosen }
        let usual = "/usr/share/keyrings/debian-archive-keyring.gpg"
        return Files.exists(usual) ? usual : nil
    }

    /// Of the machine's own configuration only how to fetch: proxies, certificates, time-outs. Its hooks, its
    /// preferences and its installed packages would make the answer depend on the machine.
    private func configuration(architecture: String) throws -> String {
        let dump = try AptTool.find("apt-config", environment: environment).run(
            ["dump", "--format", "%F \"%v\";%n", "Acquire"], timeout: 60)
        let kept = dump.outputText.split(separator: "\n").filter {
            !$0.hasPrefix("Acquire::IndexTargets") && !$0.hasPrefix("Acquire::Languages") && $0.hasSuffix("\";")
                && !$0.hasSuffix(" \"\";")
        }
        return kept.joined(separator: "\n") + """

            Acquire::Languages "none";
            Acquire::Retries "2";
            APT::Architecture "\(architecture)";
            APT::Architectures { "\(architecture)"; };
            APT::Install-Recommends "false";
            APT::Install-Suggests "false";
            APT::Sandbox::User "root";
            APT::Update::Error-Mode "any";
            Dir::State "\(folder)";
            Dir::State::lists "\(folder)/lists";
            Dir::State::status "\(folder)/status";
            Dir::State::extended_states "\(folder)/extended_states";
            Dir::Cache "\(folder)/cache";
            Dir::Log "\(folder)/log";
            Dir::Etc::Main "/dev/null";
            Dir::Etc::Parts "/dev/null";
            Dir::Etc::SourceList "\(folder)/sources.list";
            Dir::Etc::SourceParts "/dev/null";
            Dir::Etc::Preferences "/dev/null";
            Dir::Etc::PreferencesParts "/dev/null";

            """
    }

    func tool(_ name: String) throws -> Tool {
        var tool = try AptTool.find(name, environment: environment)
        tool.environment["APT_CONFIG"] = "\(folder)/apt.conf"
        return tool
    }

    /// Fetches the indexes, with their signatures checked.
    func update() throws {
        let result = try tool("apt-get").run(["update", "-qq"], timeout: 600)
        guard result.succeeded else { throw AptFailure.error("cannot fetch Debian's indexes", result) }
    }

    /// When the newest of the indexes was released.
    func date() throws -> Timestamp {
        let names = try Files.names(in: "\(folder)/lists").filter { $0.hasSuffix("Release") }
        let dates = names.compactMap { name -> Timestamp? in
            guard let text = try? Files.readText("\(folder)/lists/\(name)", limit: 16 << 20) else { return nil }
            let line = text.split(separator: "\n").first { $0.hasPrefix("Date: ") }
            return line.flatMap { InternetDate.timestamp(release: String($0.dropFirst(6))) }
        }
        guard let newest = dates.max() else {
            throw BaseSystemError(.unusableInput, Self.operation, "the mirror's Release files have no date")
        }
        return newest
    }

    /// Every package of the indexes.
    func packageNames() throws -> [String] {
        try tool("apt-cache").run(["pkgnames"], timeout: 120).outputText.split(separator: "\n").map(String.init)
    }

    /// What apt would install for some names and patterns into an empty system.
    func resolve(_ wanted: [String]) throws -> [DebianPackage] {
        let result = try tool("apt-get").run(
            [
                "install", "-qq", "-y", "--print-uris", "--no-install-recommends", "-o", "Acquire::ForceHash=SHA256",
                "--",
            ] + wanted, timeout: 300)
        guard result.succeeded else { throw AptFailure.error(Self.operation, result) }
        return try AptPlan.packages(result.outputText, sources: sources)
    }
}
