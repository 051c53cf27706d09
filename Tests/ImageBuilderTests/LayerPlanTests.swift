import ImageBuilder
import OCIModel
import Testing

@Suite struct LayerPlanTests {
    private func wheel(_ name: String, _ size: Int64, version: String = "1.0") -> WheelPin {
        WheelPin(
            name: name, version: version, fileName: "\(name)-\(version)-py3-none-any.whl",
            digest: Digest(of: "\(name) \(version)".utf8), size: size)
    }

    private func wheels(_ count: Int, size: Int64) -> [WheelPin] { (0..<count).map { wheel("p\($0)", size) } }

    @Test func aWheelHasALayerOfItsOwn() {
        let plan = LayerPlan(wheels: [wheel("torch", 200 << 20), wheel("numpy", 16 << 20)], room: 100)
        #expect(plan.groups.map(\.title) == ["numpy 1.0", "torch 1.0"])
    }

    @Test func tinyWheelsShareAFewLayers() {
        let plan = LayerPlan(wheels: wheels(60, size: 40_000) + [wheel("torch", 200 << 20)], room: 100)
        #expect(plan.groups.count <= 1 + LayerPlan.sharedLayers)
        #expect(plan.groups.flatMap(\.wheels).count == 61)
    }

    @Test func aNewVersionMovesOneLayer() {
        let before = wheels(80, size: 40_000) + wheels(20, size: 1 << 20).map { wheel("big-\($0.name)", $0.size) }
        for changed in before {
            let after = before.map { $0.name == changed.name ? wheel($0.name, $0.size + 100, version: "1.1") : $0 }
            let old = Set(LayerPlan(wheels: before, room: 100).groups)
            let new = Set(LayerPlan(wheels: after, room: 100).groups)
            #expect(new.subtracting(old).count == 1)
        }
    }

    @Test func theOrderOfTheLockDoesNotMatter() {
        let all = wheels(50, size: 300_000) + [wheel("x", 10), wheel("y", 20)]
        #expect(LayerPlan(wheels: all, room: 100) == LayerPlan(wheels: all.reversed(), room: 100))
    }

    @Test(arguments: [20, 60, 100])
    func neverMoreLayersThanThereIsRoomFor(room: Int) {
        let plan = LayerPlan(wheels: wheels(300, size: 1 << 20) + wheels(30, size: 10), room: room)
        #expect(plan.groups.count <= room)
        #expect(plan.groups.flatMap(\.wheels).count == 330)
    }
}
