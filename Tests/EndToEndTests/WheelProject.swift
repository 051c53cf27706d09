import Glibc
import HostSystem
import TestSupport

/// A project whose packages come from a folder of wheels that pip's configuration names, so that nothing depends on
/// what an index has today. Its data folder is its own, but for uv.
struct WheelProject {
    let project: Project
    let wheels: String

    static func with(_ body: (WheelProject) throws -> Void) throws {
        try withTemporaryFolder { folder in
            let home = "\(folder)/home"
            try Files.makeFolder("\(Project.home)/tools")
            try Files.makeFolder(home)
            symlink("\(Project.home)/tools", "\(home)/tools")
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
    func addWheel(_ version: String, name: String = "bench_probe") throws {
        let script = """
            import sys, zipfile
            name, version, folder = sys.argv[1:]
            info = f"{name}-{version}.dist-info"
            files = {f"{name}.py": f"version = '{version}'\\n",
                f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n",
                f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
            files[f"{info}/RECORD"] = "".join(f"{path},,\\n" for path in [*files, f"{info}/RECORD"])
            with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as archive:
                for path, text in files.items(): archive.writestr(zipfile.ZipInfo(path), text)
            """
        let environment = processEnvironment()
        guard let python = findExecutable("python3", searchPath: environment["PATH"] ?? "", from: "/") else {
            throw SystemError("find", "python3", code: ENOENT)
        }
        let result = try Tool(executable: python, environment: environment).run(["-c", script, name, version, wheels])
        guard result.succeeded else { throw Unexpected(result) }
    }
}
