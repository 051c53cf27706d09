import FoundationEssentials
import HostSystem

/// A finished virtual environment, as its marker `environment.json` describes it.
package struct PythonEnvironment: Sendable, Hashable, Codable {
    package static let markerName = "environment.json"
    package static let currentSchema = 1

    package var schema = PythonEnvironment.currentSchema
    /// The digest of the lock that it was made from.
    package var lockDigest: String
    /// The folder of the virtual environment.
    package var path: String
    /// The folder for compiled modules.
    package var bytecode: String
    /// With its patch number, such as 3.11.7.
    package var python: String
    /// Nil where there is no torch in it.
    package var torch: Torch?
    /// Name and version of every package, as locked.
    package var packages: [String: String]

    /// torch as it describes itself.
    package struct Torch: Sendable, Hashable, Codable {
        package var version: String
        /// Such as 12.8; nil for a CPU build.
        package var cuda: String?
        /// Such as 91002; nil for a CPU build.
        package var cudnn: Int?
    }

    package var executable: String { "\(path)/bin/python" }

    /// The finished environment in a folder, or nil when there is none or only a part of one.
    static func finished(in folder: String, lockDigest: String) -> PythonEnvironment? {
        guard let bytes = try? Files.read("\(folder)/\(markerName)", limit: 16 << 20),
            let environment = try? JSONDecoder().decode(PythonEnvironment.self, from: Data(bytes)),
            environment.schema == currentSchema, environment.lockDigest == lockDigest, environment.path == folder,
            Files.isExecutable(environment.executable)
        else { return nil }
        return environment
    }

    func marker() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    /// The variables of a command that runs in this environment: its programs first on PATH, and nothing that would
    /// lead Python to other packages.
    ///
    /// - Parameter base: the variables that the command would have had.
    package func variables(over base: [String: String]) -> [String: String] {
        var variables = base
        let path = (base["PATH"] ?? "").isEmpty ? "/usr/local/bin:/usr/bin:/bin" : base["PATH"] ?? ""
        variables["PATH"] = "\(self.path)/bin:\(path)"
        variables["VIRTUAL_ENV"] = self.path
        for name in ["PYTHONHOME", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "PYENV_VERSION", "__PYVENV_LAUNCHER__"] {
            variables[name] = nil
        }
        // Packages that pip put into the person's home folder are not in the lock.
        variables["PYTHONNOUSERSITE"] = "1"
        // People ask Python not to write bytecode so that it does not litter their folders. Here it never does, and
        // without bytecode every import of torch takes seconds longer.
        if (base["PYTHONPYCACHEPREFIX"] ?? "").isEmpty {
            variables["PYTHONPYCACHEPREFIX"] = bytecode
            variables["PYTHONDONTWRITEBYTECODE"] = nil
        }
        return variables
    }
}
