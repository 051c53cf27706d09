/// What a base is made like, beside its packages.
package struct BaseOptions: Sendable, Hashable {
    /// The account that containers run as. It has no password and can be entered by key only.
    package var user = "bunsen"
    /// Its number, and that of its group: the owner of files on shared folders.
    package var userID = 1000
    /// Variables of login shells, of every kind of session: over SSH, the environment of the image is not there.
    package var loginVariables: [String: String] = [:]

    package init(user: String = "bunsen", userID: Int = 1000, loginVariables: [String: String] = [:]) {
        self.user = user
        self.userID = userID
        self.loginVariables = loginVariables
    }

    func check() throws {
        func problem(_ cause: String) -> BaseSystemError {
            BaseSystemError(.unusableInput, "cannot make the account of the base", cause)
        }
        let isName =
            user.utf8.count <= 32 && user.first?.isLetter == true
            && user.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || "_-".utf8.contains($0) }
        guard isName else { throw problem("\"\(user)\" is not a name for an account") }
        // Debian Policy, section 9.2.2: below 1000 are those of packages; 65534 is nobody's.
        guard (1000...59999).contains(userID) else { throw problem("the number \(userID) is not from 1000 to 59999") }
        for (name, value) in loginVariables {
            let isVariable =
                name.first?.isNumber == false
                && name.utf8.allSatisfy {
                    (65...90).contains($0) || (97...122).contains($0) || (48...57).contains($0) || $0 == 95
                }
            guard isVariable, value.utf8.allSatisfy({ $0 >= 32 && $0 != 127 }) else {
                throw problem("the variable \(name) cannot be given to login shells")
            }
        }
    }

    /// /etc/environment, which PAM reads for sessions over SSH whatever their shell.
    var environmentFile: String {
        loginVariables.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"\n" }.joined()
    }

    /// /etc/profile.d/bunsen.sh: Debian's /etc/profile sets PATH anew, and reads this after that.
    var profileFile: String {
        loginVariables.sorted { $0.key < $1.key }.map { "export \($0.key)=\(shellQuoted($0.value))\n" }.joined()
    }
}

/// A word for a POSIX shell that means exactly this text.
func shellQuoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
}
