/// A way into a workbench.
package enum Door: String, Sendable, Hashable, Codable, CaseIterable {
    case jupyter, ssh
}
