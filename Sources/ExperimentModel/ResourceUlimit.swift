/// One limit of setrlimit(2) by its name there in lower case, such as `nofile`. -1 is no limit.
package struct ResourceUlimit: Sendable, Hashable, Codable, CustomStringConvertible {
    package let name: String
    package let soft: Int64
    package let hard: Int64

    package init(name: String, soft: Int64, hard: Int64) {
        self.name = name
        self.soft = soft
        self.hard = hard
    }

    package enum Mistake: Error, Sendable {
        /// Not `name=soft[:hard]` with a name that there is.
        case form
        case softAboveHard
    }

    /// As Docker writes it: `nofile=1024:2048`; one number is both.
    package init(_ text: String) throws(Mistake) {
        guard let equals = text.firstIndex(of: "="), Self.names.contains(String(text[..<equals])) else { throw .form }
        let numbers = text[text.index(after: equals)...].split(separator: ":", omittingEmptySubsequences: false)
        let values = numbers.compactMap { Int64($0) }.filter { $0 >= -1 }
        guard (1...2).contains(numbers.count), values.count == numbers.count, let soft = values.first,
            let hard = values.last
        else { throw .form }
        guard hard == -1 || (soft != -1 && soft <= hard) else { throw .softAboveHard }
        self.init(name: String(text[..<equals]), soft: soft, hard: hard)
    }

    package var description: String { "\(name)=\(soft):\(hard)" }

    /// The names of getrlimit(2), as Docker writes them.
    package static let names = [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss",
        "rtprio", "rttime", "sigpending", "stack",
    ]
}
