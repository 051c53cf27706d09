import HostSystem

/// An image that engines can run: a shell and the libraries that it needs, in an OCI layout folder that umoci made.
package struct TinyLayout {
    package let layout: String

    package init(_ folder: String) throws {
        layout = "\(folder)/layout"
        let made = try Project(folder: folder).shell(
            """
            set -e
            for file in /bin/sh $(ldd /bin/sh | grep -o '/[^ ]*'); do
                mkdir -p "root$(dirname "$file")"
                cp -L "$file" "root$file"
            done
            umoci init --layout layout
            umoci new --image layout:v1
            umoci insert --rootless --image layout:v1 root /
            umoci config --image layout:v1 --config.cmd /bin/sh --config.label org.example.kind=tiny
            """)
        guard made.succeeded else { throw Unexpected(made) }
    }

    /// The image's digest, as another program says it.
    package func digest() throws -> String {
        let result = try program("skopeo").run(["inspect", "--format", "{{.Digest}}", "oci:\(layout):v1"])
        guard result.succeeded else { throw Unexpected(result) }
        return String(result.outputText.dropLast())
    }

    /// What prints a word in a container of the image.
    package static let command = ["/bin/sh", "-c", "echo it runs"]
}
