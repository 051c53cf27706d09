import FoundationEssentials
import HostSystem
import Testing

/// The map of the source, as rules: surfaces → work → formats → nouns. Each level may use those below it.
@Suite struct ModuleDependencyTests {
    private static let levels: [[String]] = [
        // surfaces
        ["bunsen"],
        ["BunsenCommands"],
        // work
        ["ProjectExport"],
        ["ImageBuilder", "RunCapture", "Workbench"],
        ["Engines", "Recorder", "PythonEnvironments", "BaseSystem"],
        ["OCIRegistry", "ImageSnapshots"],
        ["RunStore", "Resolver", "GPUDevices", "ContentStore"],
        // formats
        [
            "MetricText", "TensorBoardEvents", "CurveFigures", "MarkdownEntry", "WheelFormat", "LayerArchive",
            "ELFImage",
        ],
        // nouns
        ["RecipeModel"],
        ["ExperimentModel", "OCIModel"],
        // the operating system
        ["HTTPTransfer"],
        ["HostSystem"],
        ["CHostSystem", "CInflate", "COpenSSL", "CCurl", "CZlib", "CZstd", "StaticICUData"],
    ]
    /// Parts of the tests and benchmarks that are not tests themselves.
    private static let testParts = ["TestSupport", "StoreWriter", "WheelToLayer", "EngineStart"]

    private struct Manifest: Decodable {
        struct Target: Decodable {
            struct Dependency: Decodable {
                struct Name: Decodable {
                    let text: String?

                    init(from decoder: any Decoder) throws {
                        text = try? decoder.singleValueContainer().decode(String.self)
                    }
                }

                let byName: [Name]?
                let product: [Name]?
            }

            let name: String
            let type: String
            let dependencies: [Dependency]
        }

        let targets: [Target]
    }

    private func targets() throws -> [Manifest.Target] {
        let root = try #require(Files.parent(of: #filePath).flatMap(Files.parent).flatMap(Files.parent))
        let environment = processEnvironment()
        let swift = try #require(findExecutable("swift", searchPath: environment["PATH"] ?? "", from: root))
        let tool = Tool(executable: swift, environment: environment, workingFolder: root)
        let result = try tool.run(["package", "--scratch-path", "\(root)/.build/dump", "dump-package"], timeout: 120)
        try #require(result.succeeded, "\(result.errorText)")
        return try JSONDecoder().decode(Manifest.self, from: Data(result.output)).targets
    }

    @Test func dependenciesPointDownwardsOnly() throws {
        let level = Dictionary(
            uniqueKeysWithValues: Self.levels.enumerated().flatMap { depth, names in names.map { ($0, depth) } })
        for target in try targets() where target.type != "test" && !Self.testParts.contains(target.name) {
            let depth = try #require(level[target.name], "\(target.name) has no place in the map")
            for name in target.dependencies.compactMap({ $0.byName?.first?.text }) {
                guard let below = level[name] else { continue }  // a package from outside
                #expect(below > depth, "\(target.name) must not depend on \(name): it is not below it")
            }
        }
    }

    @Test func everyModuleOfTheMapExists() throws {
        let existing = Set(try targets().map(\.name))
        for name in Self.levels.joined() where name != "StaticICUData" {
            #expect(existing.contains(name), "\(name) is on the map and not in the package")
        }
    }

    @Test func everyModuleWithCodeOfItsOwnHasTests() throws {
        let all = try targets()
        let tested = Set(all.filter { $0.type == "test" }.map(\.name))
        // C modules are tested through the Swift modules above them.
        let untested = Self.testParts + ["CHostSystem", "CInflate", "CCurl"]
        for target in all where target.type == "regular" && !untested.contains(target.name) {
            #expect(tested.contains("\(target.name)Tests"), "\(target.name) has no tests")
        }
    }
}
