import Glibc
import HostSystem
import TestSupport
import Testing

/// libcurl is looked for when something is transferred, and nothing else needs it.
@Suite struct MissingLibraryTests {
    @Test(.enabled(if: geteuid() == 0, "only root can hide a library"))
    func onlyTransfersNeedLibcurl() throws {
        try WheelProject.with { bench in
            func hidden(_ arguments: String...) throws -> Tool.Result {
                // A file without content is no library.
                let script = """
                    for library in $(ldconfig -p | sed -n 's/.*libcurl\\.so\\.4.* => //p'); do
                        mount --bind /dev/null "$(readlink -f "$library")"
                    done
                    exec "$@"
                    """
                var tool = try program("unshare")
                tool.environment = bench.project.environment
                tool.workingFolder = bench.project.folder
                return try tool.run(
                    ["--mount", "sh", "-euc", script, "sh", Project.program] + arguments, timeout: 60)
            }
            let local = try hidden("runs")
            #expect(local.succeeded, "\(local.errorText)")
            let remote = try hidden("image", "list", "127.0.0.1:1/nothing")
            #expect(!remote.succeeded)
            #expect(remote.errorText.contains("libcurl.so.4"), "\(remote.errorText)")
            #expect(remote.errorText.contains("apt-get install libcurl4"), "\(remote.errorText)")
        }
    }
}
