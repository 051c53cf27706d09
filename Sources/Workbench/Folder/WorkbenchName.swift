/// Names of workbenches: they are parts of file names, names of containers, and hosts of ssh.
package enum WorkbenchName {
    package static func check(_ name: String) throws -> String {
        let isPlain = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
        guard isPlain, !name.isEmpty, name.utf8.count <= 63, !name.hasPrefix("-"), !name.hasSuffix("-") else {
            throw WorkbenchError(
                .notUnderstood, "\"\(name)\" is no name for a workbench",
                hint: "lower-case letters, digits and dashes, such as digits-ssh")
        }
        return name
    }
}
