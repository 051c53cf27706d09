import Testing

@testable import MetricText

@Suite struct ParameterTests {
    private func read(_ command: String) -> ParameterText {
        ParameterText(arguments: command.split(separator: " ").map(String.init))
    }
    private func pairs(_ command: String) -> [String] { read(command).parameters.map { "\($0.name)=\($0.text)" } }

    @Test func optionsOfEveryShape() {
        #expect(
            pairs("python -u train.py --lr 3e-4 --batch-size=64 -b 8 -j4 --amp --no-pin-memory --margin -0.5 --name x")
                == ["lr=3e-4", "batch_size=64", "b=8", "j=4", "amp=true", "pin_memory=false", "margin=-0.5", "name=x"])
        #expect(pairs("python train.py --betas 0.9 0.999 --data a b") == ["betas=0.9 0.999", "data=a"])
        #expect(read("python train.py --data a b -- --c").positionals == ["b", "--c"])
        #expect(pairs("python train.py --lr 1 --x 2 --lr 3") == ["lr=3", "x=2"])
    }

    @Test func hydra() {
        #expect(
            pairs("python -m pkg.train lr=3e-4 +a.b=c ++d=1 ~e data/set@x=y --multirun path/no ../p=1 http://h/?a=b")
                == ["lr=3e-4", "a.b=c", "d=1", "data/set@x=y", "multirun=path/no"])
    }

    @Test func valuesAreTyped() {
        let cases: [(String, ParameterNode)] = [
            ("64", .integer(64)), ("-3", .integer(-3)), ("3e-4", .number(3e-4)), ("1.0", .number(1)),
            ("true", .bool(true)),
            ("False", .bool(false)), ("007", .string("007")), ("nan", .string("nan")), ("2.8.0", .string("2.8.0")),
            ("99999999999999999999", .string("99999999999999999999")), ("1e999", .string("1e999")), ("", .string("")),
            ("0", .integer(0)), ("0.5", .number(0.5)), (".5", .number(0.5)), ("-", .string("-")),
            ("12x", .string("12x")),
        ]
        for (text, value) in cases { #expect(ParameterNode(typing: text) == value, "\(text)") }
    }

    @Test func launchersAreNotParameters() {
        let torch = read("torchrun --standalone --nproc_per_node 4 --nnodes=2 train.py --lr 0.1")
        #expect(torch.launcher?.kind == .torchrun && torch.launcher?.worldSize == 8)
        #expect(torch.launcher?.options == ["standalone": "true", "nproc_per_node": "4", "nnodes": "2"])
        #expect(torch.program == "train.py" && torch.parameters.map(\.name) == ["lr"])
        #expect(read("python -m torch.distributed.run --nproc-per-node=2 -m pkg.train a=1").launcher?.worldSize == 2)
        #expect(read("torchrun --nproc_per_node=gpu train.py").launcher?.worldSize == nil)
        #expect(read("torchrun --nnodes=1:4 --nproc_per_node=8 train.py").launcher?.worldSize == nil)
        let accelerate = read("accelerate launch --multi_gpu --num_processes 4 --mixed_precision bf16 train.py --lr 1")
        #expect(accelerate.launcher?.worldSize == 4 && accelerate.parameters.map(\.name) == ["lr"])
        let mpi = read("mpirun -np 4 --allow-run-as-root python train.py --lr 1")
        #expect(mpi.launcher?.worldSize == 4 && mpi.program == "train.py" && mpi.parameters.count == 1)
        #expect(read("torchrun --nproc_per_node=9223372036854775807 --nnodes=3 t.py").launcher?.worldSize == nil)
    }

    @Test func wrappersAndShells() {
        #expect(pairs("env A=1 B=2 uv run --frozen python -um pkg.train --x 1") == ["x=1"])
        #expect(pairs("bash -c loss=1") == [] && pairs("") == [] && pairs("python") == [])
        #expect(pairs("python -c print --x 1") == ["x=1"] && pairs("./train.sh --x 1") == ["x=1"])
    }

    @Test func limits() {
        let many = ParameterText(arguments: ["python", "t.py"] + (0..<600).map { "--k\($0)=1" })
        #expect(many.parameters.count == 500 && many.list.omitted == 100)
        let long = ParameterText(arguments: ["python", "t.py", "--x=" + String(repeating: "é", count: 7_000)])
        #expect(long.parameters.first?.text.count == 6_000 && long.parameters.first?.isCut == true)
        #expect(ParameterText(arguments: ["t", "--" + String(repeating: "n", count: 300)]).list.omitted == 1)
    }

    @Test func treesBecomeDottedNames() {
        let tree = ParameterNode.table([
            .init(
                "optim", .table([.init("lr", .number(0.1)), .init("betas", .list([.number(0.9), .number(0.999)]))])),
            .init("stages", .list([.table([.init("width", .integer(8))]), .table([.init("width", .integer(16))])])),
            .init("seed", .null), .init("name", .string("a b")), .init("empty", .table([])),
        ])
        let found = ParameterTree.flatten(tree).parameters.map { "\($0.name)=\($0.text)" }
        #expect(
            found == [
                "optim.lr=0.1", "optim.betas=[0.9, 0.999]", "stages.0.width=8", "stages.1.width=16", "seed=null",
                "name=a b",
            ])
        var deep = ParameterNode.integer(1)
        for _ in 0..<2_000 { deep = .table([.init("a", deep)]) }
        #expect(ParameterTree.flatten(deep).parameters.count == 1)
        let wide = ParameterNode.table((0..<5_000).map { .init("k\($0)", .integer(1)) })
        #expect(ParameterTree.flatten(wide).parameters.count == 500)
    }
}
