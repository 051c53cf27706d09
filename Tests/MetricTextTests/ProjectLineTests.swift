import Testing

@testable import MetricText

/// Lines as training projects print them.
@Suite struct ProjectLineTests {
    @Test func plainPrints() {
        let line = ScannedText("step 1234 loss=0.3124 acc: 97.8%")
        #expect(line.step == 1234 && line.stepKey == .step)
        #expect(line.metrics == ["loss=0.3124", "acc=97.8%"])
        #expect(ScannedText("loss=0.31 acc: 97.8%").metrics == ["loss=0.31", "acc=97.8%"])
        #expect(ScannedText("global_step=7 step=3 loss: nan").step == 7)
        #expect(ScannedText("global step 7: loss -inf").stepKey == .globalStep)
        #expect(ScannedText("loss = 0.5").metrics == ["loss=0.5"])
        #expect(
            ScannedText("step 3: loss: tensor(0.25, device='cuda:0', grad_fn=<NllLossBackward0>)").metrics == [
                "loss=0.25"
            ])
        #expect(ScannedText("step: 1,234 tokens: 1,048,576 loss: 2.5").metrics == ["tokens=1048576.0", "loss=2.5"])
    }

    @Test func keras() {
        let both = ScannedText("epoch 2/10 - loss: 0.5 - val_loss: 0.6")
        #expect(both.step == 2 && both.stepKey == .epoch && both.epoch == 2)
        #expect(both.metrics == ["loss=0.5", "val_loss=0.6"])
        #expect(ScannedText("Epoch 1/10").epoch == 1)
        let bar = ScannedText("938/938 [==============================] - 2s 2ms/step - loss: 0.5 - accuracy: 0.87")
        #expect(bar.position == [938, 938])
        #expect(bar.metrics == ["loss=0.5", "accuracy=0.87"])
        let three = ScannedText(
            "\u{1b}[1m938/938\u{1b}[0m \u{1b}[32m━━━━\u{1b}[0m 2s 1ms/step - accuracy: 0.8 - loss: 0.5")
        #expect(three.position == [938, 938] && three.metrics == ["accuracy=0.8", "loss=0.5"])
        #expect(ScannedText(" 12/938 [>....] - ETA: 2s - loss: 0.5").metrics == ["loss=0.5"])
    }

    @Test func pyTorchExamples() {
        let train = ScannedText("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.300039")
        #expect(train.epoch == 1 && train.step == 1 && train.stepKey == .epoch)
        #expect(train.position == [640, 60000])
        #expect(train.metrics == ["loss=2.300039"])
        let test = ScannedText("Test set: Average loss: 0.0521, Accuracy: 9829/10000 (98%)")
        #expect(test.metrics == ["test_average_loss=0.0521", "test_accuracy=0.9829"])
        let imageNet = ScannedText(
            "Epoch: [0][  10/5005]\tTime  0.123 ( 0.456)\tData  0.000 ( 0.1)\tLoss 6.9e+00"
                + " (7.0e+00)\tAcc@1   0.00 (  0.05)"
        )
        #expect(imageNet.epoch == 0 && imageNet.position == [10, 5005])
        #expect(imageNet.metrics == ["loss=6.9", "acc_1=0.0"])
        let tutorial = ScannedText("[1,  2000] loss: 2.193")
        #expect(tutorial.epoch == 1 && tutorial.step == 2000 && tutorial.stepKey == .batch)
        #expect(tutorial.metrics == ["loss=2.193"])
        let basics = ScannedText("loss: 2.303494  [   64/60000]")
        #expect(basics.position == [64, 60000] && basics.metrics == ["loss=2.303494"])
        #expect(ScannedText(" Accuracy: 44.4%, Avg loss: 2.154 ").metrics == ["accuracy=44.4%", "avg_loss=2.154"])
    }

    @Test func progressBars() {
        let bar = ScannedText("100%|████| 938/938 [00:11<00:00, 81.2it/s, loss=0.31]")
        #expect(bar.position == [938, 938] && bar.metrics == ["loss=0.31"])
        let lightning = ScannedText(
            "Epoch 3: 100%|██████████| 10/10 [00:01<00:00,  7.9it/s, v_num=0, train_loss=0.3]")
        #expect(lightning.epoch == 3 && lightning.metrics == ["train_loss=0.3"])
        #expect(
            ScannedText("\rloss: 0.9: 10%|█ | 1/10\rloss: 0.5: 20%|██ | 2/10 [00:01<00:04]").metrics == ["loss=0.5"])
        #expect(ScannedText("Validation:  50%|█████     | 5/10 [00:00<00:00]").metrics.isEmpty)
    }

    @Test func dictionaries() {
        let json = ScannedText(#"{"step": 10, "loss": 0.5, "lr": 1e-4}"#)
        #expect(json.step == 10 && json.metrics == ["loss=0.5", "lr=0.0001"])
        let nested = ScannedText(
            #"{"iter": 5, "train": {"loss": 1.5, "acc": {"top1": 0.5}}, "note": "x=1", "list": [1, 2]}"#)
        #expect(nested.step == 5 && nested.metrics == ["train/loss=1.5", "train/acc/top1=0.5"])
        let trainer = ScannedText(
            "{'loss': 0.5, 'grad_norm': nan, 'learning_rate': 1e-4, 'epoch': 0.5, 'name': 'abc', 'x': None}")
        #expect(trainer.epoch == 0.5 && trainer.step == nil)
        #expect(trainer.metrics == ["loss=0.5", "grad_norm=nan", "learning_rate=0.0001"])
        let quoted = ScannedText(
            "{'loss': '0.5', 'grad_norm': '1.2', 'learning_rate': '1e-4', 'epoch': '2', 'a': '1.2.3'}")
        #expect(quoted.step == 2 && quoted.metrics == ["loss=0.5", "grad_norm=1.2", "learning_rate=0.0001"])
        let end = ScannedText(
            "{'train_runtime': 41.5, 'train_samples_per_second': 12.5,"
                + " 'train_steps_per_second': 3.5, 'train_loss': -inf, 'epoch': 3.0}"
        )
        #expect(end.metrics.count == 4 && end.metrics.last == "train_loss=-inf")
        #expect(ScannedText(#"INFO:root:{"step": 1, "Loss": 2}"#).metrics == ["Loss=2.0"])
        #expect(
            ScannedText("Epoch 3: {'loss': np.float64(0.25), 'acc': tensor(0.5)}").metrics == ["loss=0.25", "acc=0.5"])
        #expect(ScannedText(#"{"step": 1, "loss": 2"#).metrics.isEmpty)
    }

    @Test func nanoGPT() {
        let evaluation = ScannedText("step 0: train loss 4.2, val loss 4.3")
        #expect(evaluation.step == 0 && evaluation.metrics == ["train_loss=4.2", "val_loss=4.3"])
        let iteration = ScannedText("iter 10: loss 2.3, time 12.3ms, mfu 1.2%")
        #expect(iteration.step == 10 && iteration.stepKey == .iter)
        #expect(iteration.metrics == ["loss=2.3", "time=12.3ms", "mfu=1.2%"])
    }

    @Test func visionLibraries() {
        let timm = ScannedText(
            "Train: 0 [   0/1251 (  0%)]  Loss: 6.95 (6.95)  Time: 1.234s,  829.86/s "
                + " (1.234s,  829.86/s)  LR: 1.000e-06  Data: 0.5 (0.5)"
        )
        #expect(timm.epoch == 0 && timm.position == [0, 1251])
        #expect(timm.metrics == ["loss=6.95", "time=1.234s", "lr=1e-06", "data=0.5"])
        let test = ScannedText("Test: [  10/100]  Time: 0.1 (0.2)  Loss:  0.5 (0.6)  Acc@1:  76.1 (75.0)")
        #expect(test.metrics == ["test_time=0.1", "test_loss=0.5", "test_acc_1=76.1"])
        let torchvision = ScannedText(
            "Epoch: [0]  [ 0/1000]  eta: 0:12:34  lr: 0.1  img/s: 100.5  loss: 6.9 (6.9) "
                + " acc1: 0.0 (0.0)  time: 0.7  data: 0.1  max mem: 4321"
        )
        #expect(torchvision.epoch == 0 && torchvision.position == [0, 1000])
        #expect(
            torchvision.metrics
                == ["lr=0.1", "img/s=100.5", "loss=6.9", "acc1=0.0", "time=0.7", "data=0.1", "max_mem=4321.0"])
        let detectron = ScannedText(
            "[11/23 10:12:44 d2.utils.events]:  eta: 0:12:34  iter: 19  total_loss: 1.23 "
                + " loss_cls: 0.3  time: 0.2345  lr: 0.0001  max_mem: 2458M"
        )
        #expect(detectron.step == 19)
        #expect(
            detectron.metrics == ["total_loss=1.23", "loss_cls=0.3", "time=0.2345", "lr=0.0001", "max_mem=2458.0M"])
        let mmengine = ScannedText(
            "2026/11/23 10:12:44 - mmengine - INFO - Epoch(train)  [1][ 10/100]  lr: 1.0e-02"
                + "  eta: 0:12:34  time: 0.2345  memory: 1234  loss: 0.5"
        )
        #expect(mmengine.epoch == 1 && mmengine.position == [10, 100])
        #expect(mmengine.metrics == ["lr=0.01", "time=0.2345", "memory=1234.0", "loss=0.5"])
        let validation = ScannedText(
            "11/23 10:12:44 - mmengine - INFO - Epoch(val) [1][10/10]    accuracy/top1: 75.1  loss: 0.2")
        #expect(validation.metrics == ["accuracy/top1=75.1", "val_loss=0.2"])
    }

    @Test func loggingPrefixes() {
        let expected = ["loss=0.2"]
        for line in [
            "2026-11-23 10:12:44,123 INFO trainer: step=3 loss=0.2",
            "[rank0]: step=3 loss=0.2",
            "INFO:root:step=3 loss=0.2",
            "2026-11-23 10:12:44.123 | INFO     | __main__:train:42 - step=3 loss=0.2",
            "[2026-11-23 10:12:44,123][train][INFO] - step=3 loss=0.2",
            "I1123 10:12:44.123456 12345 train.py:42] step=3 loss=0.2",
            "10:12:44 [node1:29500] step=3 loss=0.2",
        ] {
            let found = ScannedText(line)
            #expect(found.step == 3, "\(line)")
            #expect(found.metrics == expected, "\(line)")
        }
    }

    @Test func sectionsAndColumns() {
        let bars = ScannedText("Epoch 1 | train loss 0.51 | val acc 0.93")
        #expect(bars.step == 1 && bars.metrics == ["train_loss=0.51", "val_acc=0.93"])
        #expect(ScannedText("Epoch [1/5], Step [100/600], Loss: 0.5").step == 100)
        #expect(ScannedText("Train: loss 0.3 | Val: loss 0.4").metrics == ["loss=0.3", "val_loss=0.4"])
        #expect(ScannedText("[Val] Epoch 2 loss: 0.4").metrics == ["val_loss=0.4"])
        #expect(
            ScannedText("Train Loss: 0.3 | Val Acc: 0.9 | mIoU: 0.5").metrics == [
                "train_loss=0.3", "val_acc=0.9", "mIoU=0.5",
            ])
        #expect(ScannedText("Best epoch: 7, val_acc: 0.93").step == nil)
        #expect(ScannedText("轮次 epoch 3 loss：0.25，acc：91%").metrics == ["loss=0.25", "acc=91.0%"])
        #expect(ScannedText("\t Val. Loss: 0.312 |  Val. Acc: 91.2%").metrics == ["val_loss=0.312", "val_acc=91.2%"])
        #expect(ScannedText("Done training. Loss: 0.5. Acc: 0.9.").metrics == ["loss=0.5", "acc=0.9"])
        #expect(ScannedText("Saved model with loss: 0.3").metrics == ["loss=0.3"])
    }
}
