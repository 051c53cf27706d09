import HostSystem

/// One mirror of one part of Debian's archive.
struct DebianSource: Hashable {
    /// `bookworm`, `bookworm-updates` or `bookworm-security`.
    var archive: String
    /// Ends with a slash.
    var address: String

    /// The sources of a suite that this machine is set up with.
    ///
    /// They come from `BUNSEN_DEBIAN_MIRROR` (and `BUNSEN_DEBIAN_SECURITY_MIRROR`) where that is set, else from apt's
    /// own configuration. A machine that runs another release of Debian has the same mirrors, with another suite's name.
    static func find(suite: String, environment: [String: String]) throws -> [DebianSource] {
        if let mirror = environment["BUNSEN_DEBIAN_MIRROR"], !mirror.isEmpty {
            let security = environment["BUNSEN_DEBIAN_SECURITY_MIRROR"].flatMap { $0.isEmpty ? nil : $0 }
            return [(suite, mirror), ("\(suite)-updates", mirror)].map(source)
                + (security.map { [source("\(suite)-security", $0)] } ?? [])
        }
        let tool = try AptTool.find("apt-get", environment: environment)
        let result = try tool.run(
            ["indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI) $(ORIGIN)", "Created-By: Packages"],
            timeout: 60)
        let sources = parse(result.outputText, suite: suite)
        if sources.contains(where: { $0.archive == suite }) { return sources }
        throw BaseSystemError(
            .noMirror, "cannot find the packages of debian:\(suite)",
            "apt on this machine knows no mirror of Debian's main archive",
            hint:
                "name one: BUNSEN_DEBIAN_MIRROR=http://…/debian BUNSEN_DEBIAN_SECURITY_MIRROR=http://…/debian-security")
    }

    private static func source(_ archive: String, _ address: String) -> DebianSource {
        DebianSource(archive: archive, address: address.hasSuffix("/") ? address : address + "/")
    }

    /// Reads lines of `RELEASE COMPONENT REPO_URI ORIGIN`; the last is empty before the first `apt-get update`.
    static func parse(_ text: String, suite: String) -> [DebianSource] {
        var sources: [DebianSource] = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            guard words.count >= 3, words[1] == "main" else { continue }
            if words.count > 3, !words[3].isEmpty, words[3] != "Debian", !words[3].hasPrefix("$(") { continue }
            let parts = words[0].split(separator: "-", maxSplits: 1).map(String.init)
            guard let codename = parts.first, DebianSuite.known.values.contains(codename) || codename == "stable"
            else { continue }
            guard parts.count == 1 || ["updates", "security"].contains(parts[1]) else { continue }
            let archive = ([suite] + parts.dropFirst()).joined(separator: "-")
            let source = source(archive, words[2])
            if !sources.contains(source) { sources.append(source) }
        }
        return sources
    }
}
