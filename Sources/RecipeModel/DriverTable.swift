/// Which CUDA runtimes an NVIDIA driver on Linux supports.
package enum DriverTable {
    /// A driver's version, such as 570.26 or 580.65.06.
    package struct Version: Sendable, Hashable, Comparable, CustomStringConvertible {
        package let numbers: [Int]

        package init?(_ text: String) {
            guard let numbers = dottedNumbers(text), (1...4).contains(numbers.count) else { return nil }
            self.numbers = numbers
        }

        package var description: String { numbers.map(String.init).joined(separator: ".") }

        package static func < (left: Version, right: Version) -> Bool {
            left.numbers.lexicographicallyPrecedes(right.numbers)
        }
    }

    /// The driver that each CUDA version was released with: it and newer ones run everything of that version.
    private static let shipped: [(cuda: CUDAVersion, driver: [Int])] = [
        (CUDAVersion(11, 8), [520, 61, 5]), (CUDAVersion(12, 1), [530, 30, 2]), (CUDAVersion(12, 4), [550, 54, 14]),
        (CUDAVersion(12, 6), [560, 28, 3]), (CUDAVersion(12, 8), [570, 26]), (CUDAVersion(12, 9), [575, 51, 3]),
        (CUDAVersion(13, 0), [580, 65, 6]), (CUDAVersion(13, 1), [590, 44, 1]), (CUDAVersion(13, 2), [595, 45, 4]),
    ]

    /// The oldest drivers that run a whole major version, without compiling PTX (minor-version compatibility).
    private static let floors: [(major: Int, driver: [Int])] = [(11, [450, 80, 2]), (12, [525, 60, 13]), (13, [580])]

    /// The newest CUDA version that a driver was made for, or nil for a driver older than all of them.
    package static func newestCUDA(for driver: Version) -> CUDAVersion? {
        shipped.last { !driver.numbers.lexicographicallyPrecedes($0.driver) }?.cuda
    }

    /// Whether a driver runs a CUDA version at all.
    package static func runs(_ cuda: CUDAVersion, on driver: Version) -> Bool {
        guard let floor = floors.first(where: { $0.major == cuda.major }) else { return false }
        return !driver.numbers.lexicographicallyPrecedes(floor.driver)
    }
}
