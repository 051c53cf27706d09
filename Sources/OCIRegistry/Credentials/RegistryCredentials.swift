import FoundationEssentials

/// What a person has to show to a registry.
package enum RegistryCredentials: Sendable, Hashable {
    case password(user: String, password: String)
    /// A token that buys other tokens (OAuth2's refresh token).
    case identityToken(String)
    /// A token that is shown as it is.
    case bearer(String)

    var basicHeader: String? {
        guard case .password(let user, let password) = self else { return nil }
        return "Basic \(Data("\(user):\(password)".utf8).base64EncodedString())"
    }
}
