import Glibc
import Testing

@testable import RunCapture

@Suite struct StopRequestTests {
    @Test func eachRequestGoesOneStepFurther() {
        var stop = StopRequest()
        #expect(!stop.wasRequested)
        #expect(stop.request(SIGINT, at: 0, grace: 10) == .forward)
        #expect(stop.request(SIGINT, at: 1, grace: 10) == .terminate)
        #expect(stop.request(SIGINT, at: 2, grace: 10) == .kill)
        #expect(stop.firstSignalName == "Ctrl-C")
    }

    @Test func aTerminationSignalEscalatesByTime() {
        var stop = StopRequest()
        _ = stop.request(SIGTERM, at: 0, grace: 10)
        #expect(stop.escalation(at: 9, grace: 10) == nil)
        #expect(stop.escalation(at: 10, grace: 10) == .terminate)
        #expect(stop.escalation(at: 19, grace: 10) == nil)
        #expect(stop.escalation(at: 20, grace: 10) == .kill)
        #expect(stop.escalation(at: 40, grace: 10) == nil)
    }

    @Test func oneCtrlCLeavesTheScriptAllTheTimeItWants() {
        var stop = StopRequest()
        _ = stop.request(SIGINT, at: 0, grace: 10)
        #expect(stop.escalation(at: 1000, grace: 10) == nil)
    }
}
