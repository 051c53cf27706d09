import Glibc
import HostSystem
import TestSupport
import Testing

/// The way without any engine: skopeo copies the image into a folder, umoci unpacks it, runc runs it.
@Suite(.serialized) struct LayoutTests {
    @Test(.enabled(if: geteuid() == 0, "unpacking files of several users needs root")) func runcTrains() throws {
        try DigitsImage.with { image in
            let skopeo = try program("skopeo")
            let layout = "\(image.folder)/layout"
            let copied = try skopeo.run(
                [
                    "copy", "--quiet", "--preserve-digests", "--src-tls-verify=false", "docker://\(image.reference)",
                    "oci:\(layout):digits",
                ], timeout: 900)
            try #require(copied.succeeded, "\(copied.errorText)")
            let index = try JSONValue(parsing: Files.read("\(layout)/index.json"))
            #expect(index["manifests"][0]["digest"].string == image.digest)

            let bundle = "\(image.folder)/bundle"
            let unpacked = try program("umoci").run(["unpack", "--image", "\(layout):digits", bundle], timeout: 900)
            try #require(unpacked.succeeded, "\(unpacked.errorText)")
            try Training.expect(image) { workspace, command in
                try prepare(bundle, workspace: workspace, command: command)
                let name = "bunsen-test-\(getpid())"
                return try program("runc").run(
                    ["--root", "\(image.folder)/runc", "run", "--bundle", bundle, name], timeout: 900)
            }
        }
    }

    @Test func skopeoReadsWhatBunsenSays() throws {
        try DigitsImage.with { image in
            let result = try program("skopeo").run(
                ["inspect", "--tls-verify=false", "docker://\(image.reference)"], timeout: 60)
            try #require(result.succeeded, "\(result.errorText)")
            let image = (said: try JSONValue(parsing: result.output), digest: image.digest)
            #expect(image.said["Digest"].string == image.digest)
            #expect(image.said["Os"].string == "linux")
            let labels = image.said["Labels"]
            #expect(labels["org.opencontainers.image.title"].string == "digits")
            #expect(labels["bunsen.torch"].string?.hasPrefix("2.13.0") == true)
            #expect(image.said["Env"].array.contains(.string("VIRTUAL_ENV=/opt/bunsen")))
            #expect(image.said["Layers"].array.count > 5)
        }
    }

    /// Changes the bundle that umoci made from the image's configuration: the command, no terminal, the mounted folder.
    private func prepare(_ bundle: String, workspace: String, command: [String]) throws {
        let script = """
            import json, sys
            path, workspace, *command = sys.argv[1:]
            with open(path) as file:
                config = json.load(file)
            process = config["process"]
            assert process["args"][-1] == "bash", process["args"]
            process.update(terminal=False, args=process["args"][:-1] + command)
            config["mounts"].append(
                {"destination": "/workspace", "type": "bind", "source": workspace, "options": ["rbind", "rw"]})
            with open(path, "w") as file:
                json.dump(config, file)
            """
        let result = try program("python3").run(["-c", script, "\(bundle)/config.json", workspace] + command)
        try #require(result.succeeded, "\(result.errorText)")
    }
}
