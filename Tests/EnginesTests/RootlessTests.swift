import Glibc
import HostSystem
import TestSupport
import Testing

/// What the engines promise, to a user who is not root: containers of podman without a daemon of root's, and runc's in a
/// user namespace.
@Suite struct RootlessTests {
    /// Tells a copy of these tests which engines it is for.
    static let variable = "BUNSEN_TEST_ENGINES"

    /// All of the contract, and of other commands in a container what takes neither limits nor another user.
    private static let filter =
        "EnginesTests.ContractTests|EnginesTests.ExecutionTests/(output|whatIs|aContainer|theEnd|signals|aTerminal)"

    @Test func anOrdinaryUserHasTheSameContract() throws {
        try #require(geteuid() == 0, "this test becomes the user bunsen-test, which ./test makes")
        try withTemporaryFolder { folder in
            chmod(folder, 0o755)
            try Files.makeFolder("\(folder)/home")
            let account = try #require(getpwnam(TestCopy.ordinaryUser), "there is no account bunsen-test: ./test")
            chown("\(folder)/home", account.pointee.pw_uid, account.pointee.pw_gid)
            let copy = try TestCopy.start(
                Self.filter, variables: [Self.variable: "process,podman,runc", "HOME": "\(folder)/home"],
                user: TestCopy.ordinaryUser, in: folder)
            let said = try copy.allOutput()
            #expect(copy.child.wait().succeeded, "\(said.suffix(6000))")
            // None of them was left out.
            for engine in ["process", "podman", "runc"] { #expect(said.contains("tested → \(engine)")) }
        }
    }
}
