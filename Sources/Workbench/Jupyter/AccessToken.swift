import HostSystem

/// What opens a Jupyter server to who knows it.
package enum AccessToken {
    /// 128 random bits in hexadecimal.
    package static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return Hexadecimal.text((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }
}
