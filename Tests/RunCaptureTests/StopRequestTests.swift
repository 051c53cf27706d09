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
        #expect(stop.escalation(at: 9) == nil)
        #expect(stop.escalation(at: 10) == .terminate)
        #expect(stop.escalation(at: 19) == nil)
        #expect(stop.escalation(at: 20) == .kill)
        #expect(stop.escalation(at: 40) == nil)
    }

    @Test func oneCtrlCLeavesTheScriptAllTheTimeItWants() {
        var stop = StopRequest()
        _ = stop.request(SIGINT, at: 0, grace: 10)
        #expect(stop.escalation(at: 1000) == nil)
        #expect(stop.nextDeadline == nil, "a deadline that has passed would keep the supervisor from sleeping")
    }

    @Test func nothingIsDueOnceTheCommandHasEnded() {
        var stop = StopRequest()
        _ = stop.request(SIGTERM, at: 0, grace: 10)
        #expect(stop.nextDeadline == 10)
        stop.childEnded(at: 5)
        #expect(stop.nextDeadline == nil && stop.escalation(at: 50) == nil)
    }

    /// Who asks for a time gets it: neither more nor less, also after Ctrl-C, which has none.
    @Test(arguments: [SIGTERM, SIGINT]) func aGivenTimeEndsInTheKill(_ number: Int32) {
        var stop = StopRequest()
        #expect(stop.request(number, at: 0, grace: 10, limit: 60) == .forward)
        #expect(stop.escalation(at: 59) == nil)
        #expect(stop.escalation(at: 60) == .kill)
        #expect(stop.escalation(at: 200) == nil && stop.nextDeadline == nil)
        var urgent = StopRequest()
        _ = urgent.request(number, at: 0, grace: 10, limit: 0)
        #expect(urgent.escalation(at: 0) == .kill)
        for seconds in [0, 1, 60, Int32.max - 1] {
            #expect(StopRequest.limit(value: StopRequest.value(limit: seconds)) == Double(seconds))
        }
        #expect(StopRequest.limit(value: 0) == nil && StopRequest.limit(value: -7) == nil)
        var doubtful = StopRequest()
        _ = doubtful.request(number, at: 5, grace: 10, limit: -3)
        #expect(doubtful.nextDeadline == 5)
    }
}
