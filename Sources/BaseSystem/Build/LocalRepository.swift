import Glibc
import HostSystem

/// A flat Debian repository of exactly the pinned packages, which is all that a bootstrap gets to see.
enum LocalRepository {
    static let operation = "cannot read the Debian packages of the base"

    /// Fills a folder with the packages and their index. Everybody can read it: in a user namespace, root is another
    /// user than the one that made the folder.
    static func make(_ packages: [DebianPackage], store: DebianStore, folder: String) throws {
        try Files.makeFolder(folder)
        // Whatever the umask is.
        chmod(folder, 0o755)
        let tool = try AptTool.find("dpkg-deb", package: "dpkg", environment: store.environment)
        var index = ""
        for package in packages {
            let source = store.path(of: package)
            guard try SHA256.hexDigest(file: source) == package.sha256 else {
                // Damage of the store; the next fetch brings the right bytes.
                try Files.remove(source)
                throw BaseSystemError(
                    .hashMismatch, operation, "the stored file of \(package.name) \(package.version) was damaged",
                    hint: "it has been removed; run the command again to fetch it anew")
            }
            let name = "\(package.name)_\(package.sha256.prefix(16)).deb"
            if !linked(source, "\(folder)/\(name)") {
                try copyFile(source, to: "\(folder)/\(name)")
                chmod("\(folder)/\(name)", 0o644)
            }
            let fields = try tool.run(["--field", source], timeout: 60)
            guard fields.succeeded, !fields.outputText.isEmpty else { throw AptFailure.error(operation, fields) }
            var text = fields.outputText
            while text.last == "\n" { text.removeLast() }
            index += "\(text)\nFilename: ./\(name)\nSize: \(package.size)\nSHA256: \(package.sha256)\n\n"
        }
        try Files.write(index, to: "\(folder)/Packages")
        chmod("\(folder)/Packages", 0o644)
    }

    private static func linked(_ source: String, _ destination: String) -> Bool {
        var status = stat()
        return stat(source, &status) == 0 && status.st_mode & S_IROTH != 0 && link(source, destination) == 0
    }
}
