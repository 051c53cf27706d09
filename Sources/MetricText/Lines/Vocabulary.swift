/// The words that training programs print, and what they mean. Lower case; at most 16 bytes a word.
enum Vocabulary {
    private static let metrics = """
        loss losses cost err error acc accuracy top1 top5 prec precision recall f1 f2 fbeta auc auroc roc \
        prauc ap map ar miou iou dice jaccard psnr ssim lpips fid kid bleu sacrebleu chrf rouge rougel \
        meteor cider spice wer cer ppl perplexity bpb bpc bpd nll elbo kl kld kldiv mse rmse mae mape r2 mcc \
        kappa gini brier ece logloss xent ce bce crossentropy entropy reward rewards return returns score \
        scores pearson spearman correlation em exact hits mrr ndcg mfu hfu pq sq rq pck oks mota idf1 eer \
        sdr snr stoi pesq mos sensitivity specificity divergence winrate
        """
    private static let companions = """
        lr learningrate rate time data memory mem throughput speed tps wps fps ups samples tokens tok grad \
        gnorm norm scale beta elapsed duration dt latency
        """
    private static let shares = """
        acc accuracy correct precision recall prec top1 top5 hits success solved winrate exact em
        """
    private static let qualifiers = """
        average avg mean total final smoothed running moving ema overall macro micro weighted global batch \
        epoch learning grad gradient cls box mask obj class reg aux main
        """
    private static let generics = """
        average avg mean median total final best last max min std sum current worst running previous prev \
        first start initial warmup num number ema smoothed overall
        """
    private static let stops = """
        with of at is the a an to and for on in has had was from after new saved saving save using done \
        finished complete completed so far now this that result improved or by model checkpoint
        """
    private static let settings = """
        seed workers worker epochs iters iterations steps size sizes hidden layers heads dim dims dropout \
        decay momentum betas patience interval warmup optimizer optim scheduler threshold smoothing weight \
        weights classes channels features kernel stride padding vocab rank world params parameters shape \
        resolution backend num gamma nproc gpus nodes maxlen embd schedule
        """
    private static let excluded = """
        eta etas port pid id ids uuid version timestamp hash sha commit lineno errno
        """
    private static let excludedAlone = """
        ver v date day year month ts line file code status returncode exit cuda cudnn torch python driver \
        nccl gpu device devices node host thread threads process levelno created msecs http https build \
        release bits left remaining arch remain rev model dataset
        """
    private static let bareWords = """
        loss losses acc accuracy top1 top5 prec precision recall f1 auc auroc miou iou dice psnr ssim lpips \
        fid bleu ppl perplexity bpb nll mse rmse mae mfu wer cer map lr
        """
    /// Words that stand before a number only with a unit after it: `time 12.3ms`.
    private static let bareMeasures = "time dt data mem memory throughput speed"
    private static let sectionNouns = "set results result metrics stats summary epoch phase stage split dataset step"

    private static let phases: [(String, Phase)] = [
        ("train", .train), ("training", .train), ("val", .val), ("valid", .val), ("validation", .val),
        ("validating", .val), ("validate", .val), ("test", .test), ("testing", .test), ("eval", .eval),
        ("evaluation", .eval), ("evaluating", .eval), ("evaluate", .eval), ("dev", .dev),
    ]

    private static let counters: [(String, ScannedLine.StepKey)] = [
        ("step", .step), ("_step", .step), ("global_step", .globalStep), ("globalstep", .globalStep), ("iter", .iter),
        ("itr", .iter), ("iteration", .iteration), ("batch", .batch), ("epoch", .epoch), ("ep", .epoch),
    ]

    private static let levels = "info debug trace notice success"
    private static let complaints = "warning warn error critical fatal"

    /// One table for all words, built once.
    static let table: PackedWordTable = {
        var words: [(word: String, value: UInt32)] = []
        func add(_ text: String, _ kind: WordKind) {
            for word in text.split(separator: " ") { words.append((String(word), kind.rawValue)) }
        }
        add(metrics, .metric)
        add(companions, .companion)
        add(shares, .share)
        add(qualifiers, .qualifier)
        add(generics, .generic)
        add(stops, .stop)
        add(settings, .setting)
        add(excluded, .excluded)
        add(excludedAlone, .excludedAlone)
        add(bareWords, .bare)
        add(bareMeasures, .bareMeasure)
        add(sectionNouns, .sectionNoun)
        add("per second seconds sec", .rate)
        add(levels, .logLevel)
        add(complaints, [.logLevel, .complaint])
        for (word, phase) in phases { words.append((word, WordKind([.phase, .qualifier]).with(phase).rawValue)) }
        for (word, key) in counters { words.append((word, WordKind.counter.with(key).rawValue)) }
        return PackedWordTable(words)
    }()
}
