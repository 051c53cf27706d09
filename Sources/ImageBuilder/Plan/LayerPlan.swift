import HostSystem
import OCIModel

/// Which wheels go into which layer. Pure: the same wheels always give the same plan.
///
/// A wheel has a layer of its own, so that images share it and a change moves nothing else. Tiny wheels share a few
/// layers, by a hash of their names: a change then moves one such layer, and an image stays below the 127 layers that
/// engines accept. See Documentation/decisions/.
package struct LayerPlan: Sendable, Hashable {
    /// Wheels that make up one layer, sorted by name.
    package struct Group: Sendable, Hashable {
        package let wheels: [WheelPin]

        /// What the layer is called where people read it.
        package var title: String {
            wheels.count == 1
                ? "\(wheels[0].name) \(wheels[0].version)"
                : "\(wheels.count) small packages: \(wheels.map(\.name).joined(separator: ", "))"
        }

        /// The bytes of the wheels.
        package var size: Int64 { wheels.reduce(0) { $0 &+ $1.size } }
    }

    /// Wheels below this size share layers.
    package static let tinySize: Int64 = 128 << 10
    /// How many layers the tiny wheels share.
    package static let sharedLayers = 8

    /// Single wheels sorted by name, then the groups.
    package let groups: [Group]

    /// - Parameter room: layers that the wheels may take together.
    package init(wheels: [WheelPin], room: Int) {
        let bySize = wheels.sorted { ($0.size, $0.name) > ($1.size, $1.name) }
        let ownRoom = max(0, room - Self.sharedLayers)
        let large = bySize.prefix { $0.size >= Self.tinySize }.prefix(ownRoom)
        var shared: [[WheelPin]] = Array(repeating: [], count: Self.sharedLayers)
        for wheel in bySize.dropFirst(large.count) {
            shared[Self.bucket(of: wheel.name, among: Self.sharedLayers)].append(wheel)
        }
        groups =
            large.sorted { $0.name < $1.name }.map { Group(wheels: [$0]) }
            + shared.filter { !$0.isEmpty }.map { Group(wheels: $0.sorted { $0.name < $1.name }) }
    }

    /// A package stays in its bucket whatever its version and whatever else is locked.
    static func bucket(of name: String, among count: Int) -> Int {
        let digits = SHA256.hexDigest(name.utf8).prefix(2)
        return (Int(digits, radix: 16) ?? 0) % count
    }
}
