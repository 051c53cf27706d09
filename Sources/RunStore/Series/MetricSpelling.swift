/// The words of a metric's name, by which different spellings of one metric find each other: `Loss/train` (TensorBoard)
/// and `train_loss` (print) are the same words.
struct MetricSpelling: Hashable {
    let words: [String]

    private static let sameWords = [
        "training": "train", "validation": "val", "valid": "val", "eval": "val", "evaluation": "val",
        "accuracy": "acc", "testing": "test",
    ]

    init(_ name: String) {
        var words: [String] = []
        var word = ""
        var previous: Character = " "
        for character in name {
            let isBoundary = !(character.isLetter || character.isNumber)
            if isBoundary || (character.isUppercase && previous.isLowercase) {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if !isBoundary { word += character.lowercased() }
            previous = character
        }
        if !word.isEmpty { words.append(word) }
        self.init(words: words.map { Self.sameWords[$0] ?? $0 }.sorted())
    }

    private init(words: [String]) {
        self.words = words
    }

    /// Without the word `train`: Hugging Face prints `loss` and logs it to TensorBoard as `train/loss`.
    var withoutTrain: MetricSpelling {
        let rest = words.filter { $0 != "train" }
        return rest.isEmpty ? self : MetricSpelling(words: rest)
    }
}
