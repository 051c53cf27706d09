import Testing

@testable import RecipeModel

struct TorchCompatibilityTests {
    private func impossible(_ torch: String, cuda: String? = nil, python: String? = nil) -> TorchCompatibility
        .Impossible?
    {
        do throws(TorchCompatibility.Impossible) {
            _ = try TorchCompatibility.check(
                torch: TorchVersion(torch), cuda: cuda.flatMap { CUDAVersion($0) }.map { .cuda($0) },
                python: python.flatMap { PythonVersion($0) })
            return nil
        } catch {
            return error
        }
    }

    @Test func aBuildThatDoesNotExistNamesTheNearestPairs() {
        let error = impossible("2.8", cuda: "11.8")
        #expect(error?.key == "cuda")
        #expect(error?.hint == "torch 2.8 has 12.6, 12.8, 12.9; CUDA 11.8 ends at torch 2.7.1")
        #expect(impossible("2.8", cuda: "12.1")?.hint.hasSuffix("CUDA 12.1 ends at torch 2.5.1") == true)
        #expect(impossible("2.7", cuda: "13.0")?.hint.hasSuffix("CUDA 13.0 begins with torch 2.9") == true)
        #expect(impossible("2.8", cuda: "12.7")?.hint.hasSuffix("the nearest is 12.6") == true)
    }

    @Test func aPythonWithoutWheelsIsRefused() {
        #expect(impossible("2.8", python: "3.14")?.key == "python")
        #expect(impossible("2.8", python: "3.14")?.hint.contains("Python 3.9 to 3.13") == true)
        #expect(impossible("2.9", python: "3.14") == nil)
        #expect(impossible("2.15", python: "3.10")?.key == "python")
    }

    @Test func aReleaseNewerThanTheTableIsAWarning() throws {
        #expect(try TorchCompatibility.check(torch: TorchVersion("2.99"), cuda: nil, python: nil).count == 1)
        #expect(try TorchCompatibility.check(torch: TorchVersion("2.8.7"), cuda: nil, python: nil).count == 1)
        #expect(try TorchCompatibility.check(torch: TorchVersion("2.8.0"), cuda: .cpu, python: nil).isEmpty)
        #expect(impossible("2.4")?.key == "torch")
    }

    @Test func everyRowIsConsistent() {
        for release in TorchRelease.all {
            #expect(release.builds.contains(release.defaultBuild))
            #expect(release.builds == release.builds.sorted())
            #expect(release.oldestPython < release.newestPython)
        }
    }

    @Test func versionsAreReadAndCompared() {
        #expect(TorchVersion("2.8")?.requirement == "torch==2.8.*")
        #expect(TorchVersion("2.8.0")?.requirement == "torch==2.8.0")
        #expect(TorchVersion("2.8").map { $0.includes(TorchVersion(major: 2, minor: 8, patch: 3)) } == true)
        #expect(["2", "2.8.0.1", "2.x", "", "v2.8", "2.8.", "99999999.1"].allSatisfy { TorchVersion($0) == nil })
        #expect(CUDAVersion("cu128") == CUDAVersion(12, 8) && CUDAVersion("13.0")?.tag == "cu130")
        #expect(MemorySize("9999999999t") == nil && MemorySize("1.5g") == nil && MemorySize("0") == nil)
        #expect(Requirement("Foo_Bar.baz >= 1 ; python_version < '3.12'")?.name == "foo-bar-baz")
        #expect(["", "-x", "a b", "a=1", "a[b", "a;", "ä"].allSatisfy { Requirement($0) == nil })
    }
}
