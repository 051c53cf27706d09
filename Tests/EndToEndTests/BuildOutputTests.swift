import Glibc
import HostSystem
import TestSupport
import Testing

/// What `bunsen build` does with an image that it has built.
@Suite(.serialized) struct BuildOutputTests {
    @Test(.enabled(if: geteuid() == 0, "dockerd needs root")) func theImageIsLoadedAndWritten() throws {
        let image = try SmallImage.built.get()
        try DockerDaemon.with { docker in
            try withTemporaryFolder { folder in
                var project = image.project
                project.environment.merge(docker.variables) { $1 }
                let built = try project.bunsen(
                    "build", "--locked", "-t", "localhost/small:1", "-t", "registry.example.org/team/small:2", "--load",
                    "docker", "--output", "docker-archive:\(folder)/image.tar", "--format", "json", timeout: 900)
                #expect(try BuiltDigest.of(built) == image.digest)
                #expect(try JSONValue(parsing: built.output)["loadedInto"].string == "docker")

                let names = ["localhost/small:1", "registry.example.org/team/small:2"]
                let listed = try docker.client.run(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]).outputText
                #expect(listed.split(separator: "\n").map(String.init).sorted() == names)
                for name in names {
                    let ran = try docker.client.run(
                        [
                            "run", "--rm", "--network=none", name, "python", "-c",
                            "import numpy; print(numpy.ones(3).sum())",
                        ],
                        timeout: 60)
                    #expect(ran.outputText == "3.0\n", "\(ran.errorText)")
                    let sheet = try project.json("image", "inspect", "docker-archive:\(folder)/image.tar:\(name)")
                    #expect(sheet["digest"].string == image.digest)
                }
            }
        }
    }

    /// What can be known before anything is built is said before.
    @Test func placesThatCannotBeAreSaidBeforeTheBuild() throws {
        try withTemporaryFolder { folder in
            var project = Project(folder: folder, home: "\(folder)/home")
            try project.write("packages: []\n", to: "bunsen.yaml")
            project.environment["DOCKER_HOST"] = "unix://\(folder)/none.sock"
            let engine = try project.bunsen("build", "--load", "docker")
            #expect(engine.end == .exited(code: 69) && engine.errorText.contains("does not run"))
            let archive = try project.bunsen("build", "--output", "docker-archive:no/folder/image.tar")
            #expect(archive.end == .exited(code: 66) && archive.errorText.contains("mkdir -p"))
            #expect(!Files.exists("\(folder)/bunsen.lock") && !Files.exists("\(folder)/home/store"))
        }
    }
}
