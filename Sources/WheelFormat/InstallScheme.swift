/// Where the parts of a wheel go, as absolute paths of the system that will use them (Python's `sysconfig`).
package struct InstallScheme: Sendable, Hashable {
    package var purelib: String
    package var platlib: String
    package var scripts: String
    package var data: String
    /// The folder that holds one folder of headers for each distribution.
    package var headers: String
    /// What launchers start.
    package var interpreter: String
    /// Such as (3, 11).
    package var pythonMajor: Int
    package var pythonMinor: Int

    package init(
        purelib: String, platlib: String, scripts: String, data: String, headers: String,
        interpreter: String,
        pythonMajor: Int = 3, pythonMinor: Int
    ) {
        self.purelib = purelib
        self.platlib = platlib
        self.scripts = scripts
        self.data = data
        self.headers = headers
        self.interpreter = interpreter
        self.pythonMajor = pythonMajor
        self.pythonMinor = pythonMinor
    }

    /// The scheme of a virtual environment made by uv, virtualenv or `venv`.
    package static func virtualEnvironment(_ prefix: String, pythonMinor: Int) -> InstallScheme {
        let library = "\(prefix)/lib/python3.\(pythonMinor)/site-packages"
        return InstallScheme(
            purelib: library, platlib: library, scripts: "\(prefix)/bin", data: prefix,
            headers: "\(prefix)/include/site/python3.\(pythonMinor)", interpreter: "\(prefix)/bin/python",
            pythonMinor: pythonMinor)
    }

    /// The folders, each absolute and without dots, so that a plan's paths are what they seem.
    func checked() throws(WheelError.Cause) -> InstallScheme {
        for folder in [purelib, platlib, scripts, data, headers, interpreter] {
            let isAbsolute = folder.utf8.first == UInt8(ascii: "/")
            let rest = Array(folder.utf8.dropFirst())
            guard isAbsolute, rest.withRawBytes({ MemberPath.fault(in: $0) }) == nil else {
                throw .destination("\(WheelError.shown(folder)) is not an absolute path in its normal form")
            }
        }
        return self
    }

    /// A path seen from a folder: both absolute and normal.
    static func relative(_ path: String, from folder: String) -> String {
        if path.utf8.starts(with: folder.utf8),
            path.utf8.dropFirst(folder.utf8.count).first == UInt8(ascii: "/")
        {
            return String(path.utf8.dropFirst(folder.utf8.count + 1)) ?? path
        }
        let path = path.split(separator: "/")
        let folder = folder.split(separator: "/")
        let common = zip(path, folder).prefix { $0 == $1 }.count
        let up = Array(repeating: Substring(".."), count: folder.count - common)
        return (up + path[common...]).joined(separator: "/")
    }
}
