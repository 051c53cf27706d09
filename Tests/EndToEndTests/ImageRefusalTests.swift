import HostSystem
import TestSupport
import Testing

/// What `bunsen build` and `bunsen image` refuse before any work is done.
@Suite(.serialized) struct ImageRefusalTests {
    @Test func aVariantThatTheRecipeDoesNotHaveIsAMistake() throws {
        try WheelProject.with { bench in
            try bench.project.write("packages: []\nvariants:\n  debug: { env: { A: b } }\n", to: "bunsen.yaml")
            let unknown = try bench.project.bunsen("build", "--variant", "other")
            #expect(unknown.end == .exited(code: 64) && unknown.errorText.contains("it has: debug"))
            #expect(!Files.exists("\(bench.project.folder)/bunsen.lock"), "it is said before anything is locked")
        }
    }

    @Test func placesThatAreNotKnownAreNotTakenForNamesOfImages() throws {
        try WheelProject.with { bench in
            for place in ["docker-daemon:digits:v1", "docker://example.org/digits:v1", "oci-archive:image.tar"] {
                let result = try bench.project.bunsen("image", "inspect", place)
                #expect(result.end == .exited(code: 64), "\(place): \(result.errorText)")
                #expect(result.errorText.contains("hint:"))
            }
        }
    }
}
