import ExperimentModel
import HostSystem
import RunStore
import TestSupport
import Testing

@Suite struct RunQueryTests {
    private let rows: [RunRow] = {
        func row(
            _ digit: Int, _ name: String, _ status: RunStatus, _ parameters: [(String, ParameterValue)], _ acc: Double?
        ) -> RunRow? {
            RunID("0193a5f2-7c1e-7000-8000-00000000000\(digit)").map { id in
                RunRow(
                    id: id, name: name, status: status,
                    started: Timestamp(seconds: 1_763_892_764 + Double(digit) * 86400),
                    duration: Double(digit) * 60,
                    parameters: parameters.map { Parameter(name: $0.0, value: $0.1, source: "argv") },
                    metrics: acc.map { [.init(name: "val_acc", value: $0)] } ?? [])
            }
        }
        return [
            row(
                1, "digits", .finished, [("lr", .number(3e-4)), ("batch", .integer(64)), ("opt", .text("adamw"))], 0.95),
            row(
                2, "Digits long", .failed, [("lr", .number(1e-3)), ("batch", .integer(64)), ("opt", .text("sgd"))], nil),
            row(3, "resnet", .failed, [("lr", .number(1e-4)), ("batch", .integer(64))], .nan),
        ].compactMap { $0 }
    }()

    private func fitting(_ filter: String) throws -> [Int] {
        try RunFilter(filter).apply(rows).compactMap { $0.id.text.last?.wholeNumberValue }
    }

    @Test(arguments: [
        ("", [1, 2, 3]), ("status=failed", [2, 3]), ("status!=failed", [1]), ("lr>1e-4", [1, 2]),
        ("lr>=1e-4", [1, 2, 3]),
        ("lr = 3e-4", [1]), ("lr==0.0003", [1]), ("name~digits", [1, 2]), ("name='Digits long'", [2]),
        ("val_acc>=0.95", [1]), ("metrics.val_acc=nan", [3]), ("params.opt=adamw", [1]), ("opt!=adamw", [2]),
        ("opt~AD", [1]), ("status=failed lr>1e-4 name~digits", [2]), ("status=failed and lr<1e-3", [3]),
        ("started>=2025-11-25", [2, 3]), ("started=2025-11-25", [2]), ("duration>1m", [2, 3]),
        ("duration<=120", [1, 2]),
        ("`lr`<1 batch=64", [1, 2, 3]), ("id~00003", [3]),
    ])
    func filtersChooseRuns(_ filter: String, _ expected: [Int]) throws {
        #expect(try fitting(filter) == expected)
    }

    @Test(arguments: [
        ("status=failed lr", 17, "expected one of"), ("lr>", 4, "expected a value"), ("=3", 1, "expected a field"),
        ("status=broken", 8, "is no status"), ("duration>soon", 10, "is no duration"),
        ("started>yesterday", 9, "is no time"),
        ("name='x", 6, "not closed"), ("  lrr>1", 3, "did you mean lr?"),
        ("params.val_acc>1", 1, "no run has a parameter"),
    ])
    func mistakesAreNamedWithTheirPosition(_ filter: String, _ position: Int, _ words: String) throws {
        let error = try #require(throws: RunStoreError.self) { try fitting(filter) }
        guard case .query(_, _, let found, let reason) = error else {
            Issue.record("another error: \(error)")
            return
        }
        #expect(found == position)
        #expect(reason.contains(words), "\(reason)")
    }

    @Test func sortingPutsWhatHasNoValueLast() throws {
        func order(_ sort: String?) throws -> [Int] {
            try RunQuery(sort: try sort.map { try RunSort($0) }).apply(rows).compactMap {
                $0.id.text.last?.wholeNumberValue
            }
        }
        #expect(try order(nil) == [3, 2, 1])
        #expect(try order("lr") == [3, 1, 2])
        #expect(try order("lr:desc") == [2, 1, 3])
        #expect(try order("val_acc:desc") == [1, 3, 2])
        #expect(try order("opt") == [1, 2, 3])
        #expect(try order("started") == [1, 2, 3])
        let error = try #require(throws: RunStoreError.self) { try order("lr:down") }
        #expect(error.description.contains("character 4"))
        #expect(throws: RunStoreError.self) { try order("nothing") }
        #expect(try RunQuery(limit: 2).apply(rows).count == 2)
    }

    @Test func differingParametersAreTheColumns() {
        #expect(RunQuery.differingParameters(rows) == ["lr", "opt"])
        #expect(RunQuery.differingParameters([rows[0]]).isEmpty)
        #expect(RunQuery.differingParameters([]).isEmpty)
    }

    @Test func anyFilterTextIsReadOrRefused() {
        var random = SeededGenerator(9)
        let base = Array("status=failed lr>=1e-4 and name~'a b' `x`!=3 started<2025-01-01 duration>2h".utf8)
        var refused = 0
        for _ in 0..<3000 {
            let text = String(decoding: random.mutate(base), as: UTF8.self)
            do { _ = try RunFilter(text).apply(rows) } catch { refused += 1 }
        }
        #expect(refused > 0)
    }
}
