/// What a base is made like, beside its packages.
package struct BaseOptions: Sendable, Hashable {
    /// The account that containers run as. It has no password and can be entered by key only.
    package var user = "bunsen"
    /// Its number, and that of its group: the owner of files on shared folders.
    package var userID = 1000

    package init(user: String = "bunsen", userID: Int = 1000) {
        self.user = user
        self.userID = userID
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
    }
}
