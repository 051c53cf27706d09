import Glibc
import HostSystem
import TestSupport

/// A project whose packages come from a folder of wheels that pip's configuration names, so that nothing depends on
/// what an index has today.
struct WheelProject {
    let project: Project
    let wheels: String

    /// - Parameter sharesHome: use the data folder that all tests share, where a base is that took a minute to make. Else
    ///   the data folder is the project's own, but for uv.
    static func with(sharesHome: Bool = false, _ body: (WheelProject) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let home = sharesHome ? Project.home : "\(folder)/home"
            try Files.makeFolder("\(Project.home)/tools")
            if !sharesHome {
                try Files.makeFolder(home)
                symlink("\(Project.home)/tools", "\(home)/tools")
            }
            try Files.makeFolder("\(folder)/project")
            try Files.makeFolder("\(folder)/wheels")
            let configuration = "[global]\nno-index = true\nfind-links = \(folder)/wheels\n"
            try Files.write(configuration, to: "\(folder)/pip.conf")
            var project = Project(folder: "\(folder)/project", home: home)
            for name in project.environment.keys where name.hasPrefix("PIP_") || name.hasPrefix("UV_") {
                // What installing uv itself needs stays.
                if !["PIP_CERT", "PIP_INDEX_URL"].contains(name) { project.environment[name] = nil }
            }
            try installUV(project)
            project.environment["PIP_CONFIG_FILE"] = "\(folder)/pip.conf"
            try body(WheelProject(project: project, wheels: "\(folder)/wheels"))
        }
    }

    /// Before pip's configuration points at the wheels, because uv is not among them.
    private static func installUV(_ project: Project) throws {
        try withTemporaryFolder { folder in
            try Files.write("packages: []\n", to: "\(folder)/bunsen.yaml")
            var installing = Project(folder: folder)
            installing.environment = project.environment
            let result = try installing.bunsen("lock")
            guard result.succeeded else { throw Unexpected(result) }
        }
    }

    /// Puts a wheel of one module into the folder.
    func addWheel(_ version: String, name: String = "bench_probe", requires: [String] = []) throws {
        try ProbeWheel(name: name, version: version, requires: requires).write(to: wheels)
    }
}
