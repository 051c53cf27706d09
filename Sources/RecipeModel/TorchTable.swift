/// The torch releases that Bunsen knows: their CUDA builds and Pythons on x86-64 Linux.
///
/// Taken from the wheels that exist. A row whose list of CUDA builds could not be checked says so and only its default
/// build is certain.
package struct TorchRelease: Sendable, Hashable {
    package let major: Int
    package let minor: Int
    /// The newest patch release when this table was made.
    package let newestPatch: Int
    package let builds: [CUDAVersion]
    /// The build on the Python index.
    package let defaultBuild: CUDAVersion
    /// False where builds other than the listed ones may exist.
    package let buildsAreComplete: Bool
    package let oldestPython: PythonVersion
    package let newestPython: PythonVersion

    package var name: String { "\(major).\(minor)" }

    package var pythons: [PythonVersion] { (oldestPython.minor...newestPython.minor).map { PythonVersion(3, $0) } }

    package func supports(_ python: PythonVersion) -> Bool { (oldestPython...newestPython).contains(python) }

    package static let all: [TorchRelease] = [
        row(5, patch: 1, [(11, 8), (12, 1), (12, 4)], standard: (12, 4), pythons: 9...13),
        row(6, patch: 0, [(11, 8), (12, 4), (12, 6)], standard: (12, 4), pythons: 9...13),
        row(7, patch: 1, [(11, 8), (12, 6), (12, 8)], standard: (12, 6), pythons: 9...13),
        row(8, patch: 0, [(12, 6), (12, 8), (12, 9)], standard: (12, 8), pythons: 9...13),
        row(9, patch: 1, [(12, 6), (12, 8), (13, 0)], standard: (12, 8), pythons: 10...14),
        row(10, patch: 0, [(12, 8)], standard: (12, 8), pythons: 10...14, complete: false),
        row(11, patch: 0, [(13, 0)], standard: (13, 0), pythons: 10...14, complete: false),
        row(12, patch: 1, [(13, 0)], standard: (13, 0), pythons: 10...14, complete: false),
        row(13, patch: 0, [(12, 6), (13, 0), (13, 2)], standard: (13, 0), pythons: 10...14),
        row(14, patch: 1, [(13, 0)], standard: (13, 0), pythons: 10...14, complete: false),
        row(15, patch: 0, [(13, 2)], standard: (13, 2), pythons: 11...15, complete: false),
    ]

    package static func known(_ version: TorchVersion) -> TorchRelease? {
        all.first { $0.major == version.major && $0.minor == version.minor }
    }

    private static func row(
        _ minor: Int, patch: Int, _ builds: [(Int, Int)], standard: (Int, Int), pythons: ClosedRange<Int>,
        complete: Bool = true
    ) -> TorchRelease {
        TorchRelease(
            major: 2, minor: minor, newestPatch: patch, builds: builds.map { CUDAVersion($0.0, $0.1) },
            defaultBuild: CUDAVersion(standard.0, standard.1), buildsAreComplete: complete,
            oldestPython: PythonVersion(3, pythons.lowerBound), newestPython: PythonVersion(3, pythons.upperBound))
    }
}
