import HostSystem

/// Whether the environment works where it will be used: its Python is started in the image and imports torch.
package struct ImportCheck {
    /// What the interpreter in the image said.
    package struct Result: Sendable, Hashable, Codable {
        package let python: String
        /// Nil where the environment has no torch.
        package let torch: String?
        package let seconds: Double
    }

    let sandbox: ImageSandbox
    let hasTorch: Bool
    let host: [String: String]

    func run() throws -> Result {
        let script = """
            import sys
            print("python", sys.version.split()[0])
            \(hasTorch ? "import torch; x = torch.arange(6.).reshape(2, 3); assert torch.matmul(x, x.T).shape == (2, 2)" : "")
            \(hasTorch ? "print('torch', torch.__version__)" : "")
            """
        let started = monotonicSeconds()
        let result = try sandbox.run([ImageLayout.prefix + "/bin/python", "-B", "-c", script], host: host)
        guard result.succeeded else {
            let last = result.errorText.split(whereSeparator: \.isNewline).last.map(String.init) ?? "\(result.end)"
            throw ImageBuildError(
                .importFailed, hasTorch ? "import torch" : "python", "it fails in the image: \(last)",
                hint: "the environment is as locked; another build of torch, or a newer base, may fit",
                detail: result.errorText)
        }
        var said: [String: String] = [:]
        for line in result.outputText.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            if words.count == 2 { said[words[0]] = words[1] }
        }
        return Result(python: said["python"] ?? "", torch: said["torch"], seconds: monotonicSeconds() - started)
    }
}
