import Testing

@testable import MetricText

/// Lines that look like metrics and are not.
@Suite struct RefusedLineTests {
    @Test(arguments: [
        "http://127.0.0.1:8080/?loss=0.3&acc=1",
        "see https://example.org/x?step=3&loss=0.5 for the loss",
        "Listening on 127.0.0.1:8080", "master: localhost:29500", "MASTER_PORT=29500",
        "time: 10:12:44", "2026-11-23T10:12:44Z", "date: 2026-11-23", "elapsed: 0:12:34",
        "torch=2.8.0 cuda=12.8", "CUDA 12.8, cuDNN 9.1", "version: 2.8", "loss=2.8.0", "accuracy: v2",
        "commit=1f0c3a loss=0x7f3a id: 7f00", "loss at 0x7f3c5d", "loss: 12ab",
        "saved /tmp/run/loss=0.3/step=10.ckpt", "epoch=2-val_loss=0.31.ckpt", "./loss=0.5/x", "loss.py:12: note",
        "Namespace(batch_size=64, epochs=14, lr=1.0, loss=3, seed=1)", "AdamW(lr=0.1, loss=0.3)",
        "{'lr': 0.1, 'batch_size': 64, 'epochs': 10, 'best_loss': 3}", #"{"num_workers": 8, "epoch": 10, "lr": 0.1}"#,
        "lr=0.1 batch_size=64 epochs=10", "    lr: 0.001", "python train.py --loss=0.3 --lr=0.1", "foo=0.3 bar: 7",
        "     |████████| 10.2 MB 3.4 MB/s eta 0:00:01", "Downloading loss-0.3.whl (1.2 MB) acc=3",
        "model.safetensors: 100%|██| 548M/548M [00:02<00:00, 233MB/s]", "   ━━━━ 12.3/45.6 MB 3.4 MB/s eta 0:00:01",
        "Requirement already satisfied: loss=3", "Prepared 12 packages in 3.4s", " + torch==2.8.0", "loss==0.5",
        "E       assert loss == 0.2", "E   AssertionError: loss=0.3", "======= 3 passed in 0.12s =======",
        "tests/test_loss.py::test_loss PASSED [ 50%]", "/x/y.py:12: UserWarning: loss: 0.3", "ValueError: loss: 0.3",
        "wandb: loss 0.3", "OMP_NUM_THREADS=1 LOSS_SCALE=3", "loss 0.3x", "acc: 12%| 3/10", "", "=", ":", "loss:",
        "loss=",
        "Accuracy of the network on the 10000 test images: 97 %",
    ])
    func givesNoMetric(_ line: String) {
        #expect(ScannedText(line).metrics == [])
    }

    @Test func tracebackAndWarningSourceLinesAreNotOutput() {
        #expect(ScannedText("  File \"train.py\", line 12, in main", "    loss = 0.5").metrics.isEmpty)
        #expect(ScannedText("[rank0]:   File \"x.py\", line 12", "[rank0]:     loss = 3").metrics.isEmpty)
        #expect(ScannedText("a.py:3: UserWarning: slow", "  loss = 3").metrics.isEmpty)
        #expect(ScannedText("  File \"train.py\", line 12, in main", "loss = 0.5").metrics == ["loss=0.5"])
        #expect(ScannedText("  File \"train.py\", line 12", "    f(x)", "  loss = 0.5").metrics == ["loss=0.5"])
    }

    @Test func unknownNamesNeedAStepOrAKnownMetric() {
        #expect(ScannedText("wobble=0.3").metrics.isEmpty)
        #expect(ScannedText("step 3 wobble=0.3").metrics == ["wobble=0.3"])
        #expect(ScannedText("loss=1 wobble=0.3").metrics == ["loss=1.0", "wobble=0.3"])
        #expect(ScannedText("WARNING step 3 wobble=0.3 loss=2").metrics == ["loss=2.0"])
    }

    @Test func namesAreCappedAndThenIgnored() {
        var scanner = MetricLineScanner()
        var result = ScannedLine()
        for index in 0..<5_000 {
            Array("step 1 name\(index)x=1".utf8).withUnsafeBytes { scanner.scan($0, into: &result) }
        }
        #expect(scanner.names.count == 4_096 && scanner.overflowed && result.metrics.isEmpty)
        Array("step 1 name7x=1".utf8).withUnsafeBytes { scanner.scan($0, into: &result) }
        #expect(result.metrics.count == 1)
    }

    @Test func longLinesAreCutBeforeANumberAndNotInIt() {
        let filler = String(repeating: "x", count: MetricLineScanner.longestLine - 20)
        #expect(ScannedText("step 1 loss=0.5 " + filler + " acc=0.12345").metrics == ["loss=0.5"])
        #expect(ScannedText(String(repeating: " ", count: 20_000) + "loss=0.5").metrics.isEmpty)
    }
}
