// swift-tools-version:6.1
import PackageDescription

// `./build` sets this for the one static binary; see Documentation/decisions/0003-one-static-binary.md.
let isStaticBuild = Context.environment["BUNSEN_STATIC"] == "1"

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "bunsen",
    products: [.executable(name: "bunsen", targets: ["bunsen"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        .executableTarget(
            name: "bunsen", dependencies: ["BunsenCommands"] + (isStaticBuild ? ["StaticICUData"] : [])),
        .target(
            name: "BunsenCommands",
            dependencies: [
                "ProjectExport", "Workbench", "RunCapture", "Recorder", "ImageBuilder", "Engines", "ImageSnapshots",
                "OCIRegistry", "BaseSystem", "ContentStore", "RunStore", "Resolver", "PythonEnvironments", "GPUDevices",
                "LayerArchive", "ELFImage", "RecipeModel", "MetricText", "TensorBoardEvents", "ExperimentModel",
                "OCIModel", "HTTPTransfer", "HostSystem", argumentParser,
            ]),

        // Work
        .target(
            name: "ProjectExport",
            dependencies: ["ImageBuilder", "BaseSystem", "Resolver", "RecipeModel", "ExperimentModel", "Yams"]),
        .target(
            name: "Workbench", dependencies: ["Engines", "ExperimentModel", "HTTPTransfer", "HostSystem"]),
        .target(
            name: "RunCapture",
            dependencies: [
                "Engines", "RunStore", "GPUDevices", "MetricText", "TensorBoardEvents", "RecipeModel",
                "ExperimentModel", "HostSystem", "CHostSystem", "Yams",
            ]),
        .target(
            name: "Engines",
            dependencies: [
                "OCIRegistry", "ImageSnapshots", "ContentStore", "LayerArchive", "RecipeModel", "ExperimentModel",
                "OCIModel", "HostSystem", "CHostSystem", "Yams",
            ]),
        .target(
            name: "Recorder", dependencies: ["CurveFigures", "MarkdownEntry", "ExperimentModel", "HostSystem"]),
        .target(
            name: "OCIRegistry",
            dependencies: ["ContentStore", "LayerArchive", "OCIModel", "HTTPTransfer", "HostSystem"]),
        .target(
            name: "ImageBuilder",
            dependencies: [
                "BaseSystem", "OCIRegistry", "ImageSnapshots", "ContentStore", "Resolver", "HTTPTransfer",
                "LayerArchive", "WheelFormat",
                "ELFImage", "RecipeModel", "OCIModel", "HostSystem",
            ]),
        .target(
            name: "ImageSnapshots", dependencies: ["ContentStore", "LayerArchive", "OCIModel", "HostSystem"]),
        .target(name: "BaseSystem", dependencies: ["Resolver", "LayerArchive", "RecipeModel", "HostSystem"]),
        .target(name: "PythonEnvironments", dependencies: ["Resolver", "RecipeModel", "HostSystem"]),
        .target(name: "Resolver", dependencies: ["RecipeModel", "HostSystem", "TOMLKit"]),
        .target(name: "RunStore", dependencies: ["ExperimentModel", "HostSystem", grdb]),
        .target(name: "GPUDevices", dependencies: ["ExperimentModel"]),
        .target(name: "ContentStore", dependencies: ["OCIModel", "HostSystem"]),

        // Formats
        .target(name: "MarkdownEntry", dependencies: ["HostSystem"]),
        .target(name: "CurveFigures", dependencies: ["ExperimentModel", "HostSystem"]),
        .target(name: "MetricText"),
        .target(name: "TensorBoardEvents"),
        .target(name: "WheelFormat", dependencies: ["HostSystem", "CZlib"]),
        .target(name: "ELFImage", dependencies: ["HostSystem"]),
        .target(
            name: "LayerArchive",
            dependencies: ["OCIModel", "HostSystem", "CHostSystem", "CInflate", "CZlib", "CZstd"],
            // It compresses hundreds of megabytes in the tests of images, which unoptimised takes minutes.
            swiftSettings: [.unsafeFlags(["-O"], .when(configuration: .debug))]),

        // Nouns
        .target(name: "RecipeModel", dependencies: ["ExperimentModel", "HostSystem", "Yams"]),
        .target(name: "ExperimentModel", dependencies: ["HostSystem"]),
        .target(name: "OCIModel", dependencies: ["HostSystem"]),

        // The operating system
        .target(name: "HTTPTransfer", dependencies: ["HostSystem", "CCurl"]),
        .target(name: "CCurl"),
        .target(name: "HostSystem", dependencies: ["CHostSystem", "COpenSSL"]),
        .target(name: "CHostSystem"),
        .target(name: "CInflate"),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),

        // Tests, from the inside outwards
        .target(name: "TestSupport", dependencies: ["HostSystem"], path: "Tests/TestSupport"),
        .testTarget(name: "ArchitectureTests", dependencies: ["HostSystem"]),
        .testTarget(name: "HTTPTransferTests", dependencies: ["HTTPTransfer", "HostSystem", "TestSupport"]),
        .testTarget(name: "HostSystemTests", dependencies: ["HostSystem", "TestSupport"]),
        .testTarget(name: "ExperimentModelTests", dependencies: ["ExperimentModel", "TestSupport"]),
        .testTarget(name: "OCIModelTests", dependencies: ["OCIModel", "TestSupport"]),
        .testTarget(name: "RecipeModelTests", dependencies: ["RecipeModel", "TestSupport"]),
        .testTarget(
            name: "TensorBoardEventsTests", dependencies: ["TensorBoardEvents", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "LayerArchiveTests",
            dependencies: ["LayerArchive", "OCIModel", "CZlib", "HostSystem", "TestSupport"],
            exclude: ["check_estargz.py"]),
        .testTarget(name: "ELFImageTests", dependencies: ["ELFImage", "HostSystem", "TestSupport"]),
        .testTarget(
            name: "WheelFormatTests", dependencies: ["WheelFormat", "CZlib", "HostSystem", "TestSupport"],
            exclude: ["wheels.txt", "wheels-large.txt"]),
        .testTarget(name: "WorkbenchTests", dependencies: ["Workbench", "HostSystem", "TestSupport"]),
        .testTarget(name: "MetricTextTests", dependencies: ["MetricText", "TestSupport"]),
        .testTarget(
            name: "CurveFiguresTests", dependencies: ["CurveFigures", "ExperimentModel", "HostSystem", "TestSupport"]),
        .testTarget(name: "MarkdownEntryTests", dependencies: ["MarkdownEntry", "HostSystem", "TestSupport"]),
        .testTarget(name: "GPUDevicesTests", dependencies: ["GPUDevices", "HostSystem", "TestSupport"]),
        .executableTarget(
            name: "StoreWriter", dependencies: ["ContentStore", "OCIModel", "HostSystem"], path: "Tests/StoreWriter"),
        .executableTarget(
            name: "EngineStart",
            dependencies: ["Engines", "ContentStore", "OCIModel", "HostSystem"],
            path: "Benchmarks/support/engine-start"),
        .executableTarget(
            name: "WheelToLayer", dependencies: ["LayerArchive", "WheelFormat", "HostSystem"],
            path: "Benchmarks/support/wheel-to-layer"),
        .testTarget(
            name: "ContentStoreTests",
            dependencies: ["StoreWriter", "ContentStore", "OCIModel", "HostSystem", "TestSupport"]),
        .testTarget(name: "RunStoreTests", dependencies: ["RunStore", "TestSupport"]),
        .testTarget(name: "ResolverTests", dependencies: ["Resolver", "RecipeModel", "HostSystem", "TestSupport"]),
        .testTarget(
            name: "OCIRegistryTests",
            dependencies: ["OCIRegistry", "ContentStore", "OCIModel", "HTTPTransfer", "HostSystem", "TestSupport"]),
        .testTarget(
            name: "BaseSystemTests",
            dependencies: ["BaseSystem", "Resolver", "LayerArchive", "RecipeModel", "HostSystem", "TestSupport"]),
        .testTarget(
            name: "PythonEnvironmentsTests",
            dependencies: ["PythonEnvironments", "Resolver", "RecipeModel", "HostSystem", "TestSupport"]),
        .testTarget(
            name: "ImageSnapshotsTests",
            dependencies: ["ImageSnapshots", "ContentStore", "LayerArchive", "OCIModel", "HostSystem", "TestSupport"]),
        .testTarget(
            name: "ImageBuilderTests",
            dependencies: [
                "ImageBuilder", "OCIRegistry", "ContentStore", "Resolver", "HTTPTransfer", "LayerArchive",
                "RecipeModel",
                "OCIModel", "HostSystem", "TestSupport",
            ]),
        .testTarget(
            name: "ProjectExportTests",
            dependencies: [
                "ProjectExport", "BaseSystem", "Resolver", "RecipeModel", "ExperimentModel", "HostSystem",
                "TestSupport",
            ]),
        .testTarget(
            name: "RecorderTests",
            dependencies: ["Recorder", "CurveFigures", "MarkdownEntry", "ExperimentModel", "HostSystem", "TestSupport"]),
        .testTarget(
            name: "EnginesTests",
            dependencies: [
                "bunsen", "Engines", "OCIRegistry", "ContentStore", "ExperimentModel", "OCIModel", "HostSystem",
                "CHostSystem", "TestSupport",
            ]),
        .testTarget(name: "RunCaptureTests", dependencies: ["RunCapture", "RunStore", "HostSystem", "TestSupport"]),
        .testTarget(
            name: "BunsenCommandsTests",
            dependencies: ["BunsenCommands", "HTTPTransfer", "HostSystem", "OCIRegistry", "TestSupport"]),
        .testTarget(name: "EndToEndTests", dependencies: ["bunsen", "HostSystem", "TestSupport"]),
        .testTarget(name: "InteropTests", dependencies: ["bunsen", "HostSystem", "TestSupport"]),
    ] + (isStaticBuild ? [.target(name: "StaticICUData")] : [])
)
