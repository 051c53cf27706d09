/// Whether TensorBoard would read a file of this name: the last part of the path contains `tfevents`.
///
/// Writers use `events.out.tfevents.<time>.<host>.<pid>.<uid>`; what stands around the word is up to them.
package func isEventFileName(_ path: some StringProtocol) -> Bool {
    let name = path.utf8.split(separator: UInt8(ascii: "/")).last ?? path.utf8[...]
    let word = Array("tfevents".utf8)
    var rest = name[...]
    while rest.count >= word.count {
        if rest.starts(with: word) { return true }
        rest = rest.dropFirst()
    }
    return false
}
