/// The form in which a printed name is kept.
///
/// - Only what TensorBoard allows in a tag stays: ASCII letters, digits, `_ - . /`. Anything else becomes `_`, and so
///   does the space between two words: `Val Acc@1` → `val_acc_1`.
/// - Identifiers (`Loss=0.3`, `"trainLoss": 0.3`, anything with `_`, `.` or `/`) keep their capitals: other ways of
///   logging use the same spelling.
/// - Words written for people, that is before a colon, before a spaced `=` or before a bare number, are lower-cased
///   when they are Capitalised or ALL CAPITALS: `Loss: 0.3`, `LR: 0.1` meet `loss` and `lr`. Mixed words stay: `mIoU`,
///   `mAP`.
/// - In a section about validation or test (`Test set: …`, `[Val] …`, `Epoch(val) …`) the section goes in front, so
///   that its loss does not land in the curve of the training loss: `test_average_loss`. Names that say it already, and
///   names with `/`, stay as they are.
enum MetricName {
    /// Longer names are not metrics.
    static let longest = 128

    /// Appends the kept form of `bytes[start ..< end]` to `name`.
    static func append(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, isPhrase: Bool, to name: inout [UInt8]
    ) {
        var at = start
        while at < end {
            var wordEnd = at
            var isIdentifier = !isPhrase
            while wordEnd < end, !bytes[wordEnd].isBlank {
                let byte = bytes[wordEnd]
                if byte == Byte.underscore || byte == Byte.slash || byte == Byte.period { isIdentifier = true }
                wordEnd &+= 1
            }
            // Val. Loss
            let isAbbreviated = isPhrase && wordEnd < end && wordEnd &- at > 1 && bytes[wordEnd &- 1] == Byte.period
            if isAbbreviated {
                appendWord(bytes, at, wordEnd &- 1, to: &name)
            } else if isIdentifier {
                for index in at..<wordEnd { name.append(kept(bytes[index])) }
            } else {
                appendWord(bytes, at, wordEnd, to: &name)
            }
            at = bytes.afterBlanks(wordEnd, end)
            if at < end { name.append(Byte.underscore) }
        }
    }

    private static func appendWord(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, to name: inout [UInt8]) {
        var at = start
        while at < end {
            guard bytes[at].isLetter else {
                name.append(kept(bytes[at]))
                at &+= 1
                continue
            }
            var run = at &+ 1
            var (capitals, smalls) = (0, 0)
            while run < end, bytes[run].isLetter {
                if bytes[run].isUppercase { capitals &+= 1 } else { smalls &+= 1 }
                run &+= 1
            }
            let lowers = bytes[at].isUppercase && (capitals == 0 || smalls == 0)
            for index in at..<run { name.append(lowers ? bytes[index].lowercased : bytes[index]) }
            at = run
        }
    }

    @inline(__always)
    private static func kept(_ byte: UInt8) -> UInt8 {
        byte.isNameByte && byte != UInt8(ascii: "@") ? byte : Byte.underscore
    }
}
