import Glibc
import HostSystem

/// A small wheel of one module, whose `version` says which one it is.
package struct ProbeWheel {
    /// With `_` between words.
    package var name: String
    package var version: String
    /// Requirements of other packages.
    package var requires: [String]

    package init(name: String, version: String, requires: [String] = []) {
        self.name = name
        self.version = version
        self.requires = requires
    }

    package func write(to folder: String) throws {
        let script = """
            import sys, zipfile
            name, version, folder, *requires = sys.argv[1:]
            info = f"{name}-{version}.dist-info"
            needs = "".join(f"Requires-Dist: {need}\\n" for need in requires)
            files = {f"{name}.py": f"version = '{version}'\\n",
                f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n{needs}",
                f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
            files[f"{info}/RECORD"] = "".join(f"{path},,\\n" for path in [*files, f"{info}/RECORD"])
            with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as archive:
                for path, text in files.items(): archive.writestr(zipfile.ZipInfo(path), text)
            """
        let environment = processEnvironment()
        guard let python = findExecutable("python3", searchPath: environment["PATH"] ?? "", from: "/") else {
            throw SystemError("find", "python3", code: ENOENT)
        }
        let result = try Tool(executable: python, environment: environment).run(
            ["-c", script, name, version, folder] + requires)
        guard result.succeeded else { throw Unexpected(result) }
    }
}
