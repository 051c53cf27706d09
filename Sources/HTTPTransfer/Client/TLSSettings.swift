/// Whom to trust, and as whom to appear.
package struct TLSSettings: Sendable, Hashable {
    /// PEM files of authorities that are trusted beside the system's own.
    package var authorities: [String] = []
    /// PEM files of a certificate and its key that are shown to a server that asks.
    package var certificate: String?
    package var key: String?
    /// False accepts any certificate. Only on a person's explicit wish.
    package var verifies = true

    package init() {}
}
