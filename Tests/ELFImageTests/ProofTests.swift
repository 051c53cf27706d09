import ELFImage
import HostSystem
import TestSupport
import Testing

/// Trees of files that are made for a question, and one of real libraries that ldd judges.
@Suite struct ProofTests {
    private static let site = "/opt/venv/lib/python3.11/site-packages"
    private static let extensionWheel = FileOwner(name: "oldext", version: "1.0")

    private func library(
        _ soname: String? = nil, needs: [String] = [], runpath: String? = nil, rpath: String? = nil,
        machine: UInt16 = 62
    ) -> ELFFacts {
        var facts = ELFFacts(width: .bits64, byteOrder: .little, machine: machine, type: 3)
        facts.isDynamic = true
        facts.soname = soname
        facts.needed = needs
        facts.runpath = runpath
        facts.rpath = rpath
        return facts
    }

    private func program(needs: [String] = []) -> ELFFacts {
        var facts = library(needs: needs)
        facts.interpreter = "/usr/lib/ld.so"
        return facts
    }

    private func settings(libraryPath: [String] = [], configured: [String] = []) -> LoaderSettings {
        var settings = LoaderSettings(machine: 62)
        settings.libraryPath = libraryPath
        settings.configuredFolders = configured
        settings.pythonTag = "cpython-311"
        return settings
    }

    private func base() -> LibraryTree {
        var tree = LibraryTree()
        var libc = library("libc.so.6")
        libc.providedVersions = ["GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.36"]
        tree.add("/usr/lib/x86_64-linux-gnu/libc.so.6", facts: libc, owner: nil)
        tree.addLink("/lib", target: "usr/lib")
        tree.add("/usr/lib/ld.so", facts: library("ld.so"), owner: nil)
        return tree
    }

    @Test func aModuleForAnotherCUDAIsFoundWithItsWheelAndTheOneThatTheImageHas() throws {
        var tree = base()
        tree.add(
            "\(Self.site)/oldext/_C.cpython-311-x86_64-linux-gnu.so",
            facts: library(needs: ["libcudart.so.11.0", "libc.so.6"]), owner: Self.extensionWheel)
        tree.add(
            "\(Self.site)/nvidia/cuda_runtime/lib/libcudart.so.12", facts: library("libcudart.so.12"),
            owner: FileOwner(name: "nvidia-cuda-runtime-cu12", version: "12.8.90"))
        let verdict = LibraryProof.prove(tree, settings())
        #expect(!verdict.isProven)
        let finding = try #require(verdict.findings.first)
        #expect(verdict.findings.count == 1)
        #expect(finding.owner == Self.extensionWheel)
        #expect(
            finding.description
                == "libcudart.so.11.0 is not in the image; "
                + "\(Self.site)/oldext/_C.cpython-311-x86_64-linux-gnu.so of oldext 1.0 needs it")
        let hint = try #require(finding.hint)
        #expect(hint.contains("built for CUDA 11") && hint.contains("nvidia-cuda-runtime-cu12 12.8.90"))
    }

    /// What the driver brings is named, and no finding; nor is a library that another package's import loads.
    @Test func theDriverAndOtherPackagesBringLibraries() {
        var tree = base()
        tree.add(
            "\(Self.site)/a/_C.cpython-311-x86_64-linux-gnu.so",
            facts: library(needs: ["libcuda.so.1", "libnvidia-ml.so.1", "libtorch.so"]), owner: Self.extensionWheel)
        tree.add(
            "\(Self.site)/torch/lib/libtorch.so", facts: library("libtorch.so"),
            owner: FileOwner(name: "torch", version: "2.8.0"))
        let verdict = LibraryProof.prove(tree, settings())
        #expect(verdict.findings.isEmpty)
        #expect(verdict.fromDriver == ["libcuda.so.1", "libnvidia-ml.so.1"])
        #expect(verdict.importsFirst == ["oldext": ["torch"]])
    }

    /// A library that nothing needs is loaded by name at run time, if at all; modules of other Pythons never are.
    @Test func plugInsAreNotesAndOtherPythonsAreNothing() {
        var tree = base()
        let lost = library(needs: ["libnowhere.so.3"])
        tree.add("\(Self.site)/a/lib/libtransport.so.1", facts: lost, owner: Self.extensionWheel)
        tree.add("\(Self.site)/a/_C.cpython-312-x86_64-linux-gnu.so", facts: lost, owner: nil)
        tree.add("\(Self.site)/a/_C.cpython-311-aarch64-linux-gnu.so", facts: lost, owner: nil)
        let verdict = LibraryProof.prove(tree, settings())
        #expect(verdict.isProven)
        #expect(verdict.findings.map(\.severity) == [.note])
        // The same library is an error as soon as a module needs it.
        tree.add(
            "\(Self.site)/a/_D.cpython-311-x86_64-linux-gnu.so",
            facts: library(needs: ["libtransport.so.1"], runpath: "$ORIGIN/lib"), owner: Self.extensionWheel)
        #expect(LibraryProof.prove(tree, settings()).findings.map(\.severity) == [.error])
    }

    @Test(arguments: ["$ORIGIN/../x.libs", "${ORIGIN}/../x.libs", "/nowhere:\(site)/x.libs", "/srv/link"])
    func librariesAreFoundByTheirSearchPath(path: String) {
        for usesRPath in [false, true] {
            var tree = base()
            tree.addLink("/srv/link", target: "..\(Self.site)/x.libs")
            tree.add("\(Self.site)/x.libs/libx.so.1", facts: library("libx.so.1"), owner: nil)
            tree.add(
                "\(Self.site)/x/_C.abi3.so",
                facts: library(
                    needs: ["libx.so.1"], runpath: usesRPath ? nil : path, rpath: usesRPath ? path : nil), owner: nil)
            let verdict = LibraryProof.prove(tree, settings())
            #expect(verdict.findings.isEmpty)
            #expect(verdict.files == 4 && verdict.needs == 1)
        }
    }

    /// A program in PATH is required, and its library is found in each of the places that are not in the file.
    @Test func librariesAreFoundInTheFoldersOfTheImage() {
        for folder in ["/lib/x86_64-linux-gnu", "/usr/lib64", "/opt/a", "/opt/b"] {
            var tree = base()
            tree.add("/usr/bin/tool", facts: program(needs: ["liba.so.1"]), owner: Self.extensionWheel)
            tree.add("\(folder)/liba.so.1", facts: library("other.so"), owner: nil)
            let found = LibraryProof.prove(tree, settings(libraryPath: ["/opt/a"], configured: ["/opt/b"]))
            #expect(found.isProven, "\(folder)")
            // The file's name alone, outside the search, is no proof when it is for another machine.
            tree.add("\(folder)/liba.so.1", facts: library("other.so", machine: 183), owner: nil)
            let other = LibraryProof.prove(tree, settings(libraryPath: ["/opt/a"], configured: ["/opt/b"]))
            #expect(!other.isProven, "\(folder)")
        }
    }

    @Test func aNewerGlibcThanTheImageHasIsAnError() throws {
        var tree = base()
        var facts = library(needs: ["libc.so.6"])
        facts.requiredVersions = [.init(library: "libc.so.6", versions: ["GLIBC_2.2.5", "GLIBC_2.38", "GLIBC_2.4"])]
        tree.add("\(Self.site)/m.abi3.so", facts: facts, owner: Self.extensionWheel)
        let finding = try #require(LibraryProof.prove(tree, settings()).findings.first)
        #expect(finding.severity == .error)
        #expect(finding.description.contains("needs GLIBC_2.38"))
        #expect(finding.description.hasSuffix("has nothing newer than GLIBC_2.36"))
    }

    @Test func circlesOfLinksAndNeedsEnd() {
        var tree = base()
        tree.addLink("/a", target: "/b")
        tree.addLink("/b", target: "/a")
        tree.add("/usr/bin/x", facts: program(needs: ["liba.so", "libb.so"]), owner: Self.extensionWheel)
        tree.add("/usr/lib/liba.so", facts: library("liba.so", needs: ["libb.so"], rpath: "/a:/a/../b"), owner: nil)
        tree.add("/usr/lib/libb.so", facts: library("libb.so", needs: ["liba.so"]), owner: nil)
        #expect(LibraryProof.prove(tree, settings()).isProven)
    }

    /// What the base brought by itself is its own affair, but for the interpreter.
    @Test func programsOfTheBaseAreNotes() {
        var tree = base()
        tree.add("/usr/bin/python3.11", facts: program(needs: ["libnowhere.so.3"]), owner: nil)
        tree.addLink("/opt/venv/bin/python", target: "/usr/bin/python3.11")
        var settings = settings()
        #expect(LibraryProof.prove(tree, settings).findings.map(\.severity) == [.note])
        settings.interpreter = "/opt/venv/bin/python"
        #expect(LibraryProof.prove(tree, settings).findings.map(\.severity) == [.error])
    }

    @Test func aProgramForAnotherCLibraryIsAnError() throws {
        var tree = base()
        var facts = program()
        facts.interpreter = "/lib/ld-musl-x86_64.so.1"
        tree.add("/usr/bin/tool", facts: facts, owner: Self.extensionWheel)
        let finding = try #require(LibraryProof.prove(tree, settings()).findings.first)
        #expect(finding.severity == .error && finding.kind == .missingLibrary("/lib/ld-musl-x86_64.so.1"))
        #expect(finding.hint?.contains("musl") == true)
    }

    /// Packages bring helpers for many machines, and test data; what Python would import is an error.
    @Test func damagedFilesAndOtherMachines() {
        for (name, severities) in [
            ("attach_x86.so", [LibraryFinding.Severity.note]), ("_C.abi3.so", [.error, .error]),
            ("_C.cpython-311-x86_64-linux-gnu.so", [.error, .error]), ("_C.cpython-310-x86_64-linux-gnu.so", [.note]),
        ] {
            var tree = base()
            tree.add("\(Self.site)/a/\(name)", facts: library(machine: 3), owner: Self.extensionWheel)
            tree.addDamaged("\(Self.site)/b/\(name)", reason: "cut off", owner: Self.extensionWheel)
            #expect(LibraryProof.prove(tree, settings()).findings.map(\.severity) == severities, "\(name)")
            tree.add("\(Self.site)/b/\(name)", facts: library(), owner: Self.extensionWheel)
            #expect(LibraryProof.prove(tree, settings()).findings.count == severities.count - 1, "\(name)")
        }
    }

    /// Links that each lead through many others would take for ever, were they not counted for the whole path.
    @Test func linksAreCounted() {
        var tree = base()
        for number in 0..<30 {
            let next = "/l/\(number + 1)"
            tree.addLink("/l/\(number)", target: Array(repeating: "\(next)/..", count: 20).joined(separator: "/"))
        }
        tree.addFolder("/l/30")
        tree.add("/usr/bin/x", facts: program(needs: ["liba.so"]), owner: Self.extensionWheel)
        tree.add("/usr/lib/liba.so", facts: library("liba.so", needs: ["libb.so"], rpath: "/l/0"), owner: nil)
        #expect(LibraryProof.prove(tree, settings()).findings.map(\.kind) == [.missingLibrary("libb.so")])
    }

    /// The libraries of this machine with the programs that use them: as complete as ldd says, and not without one of them.
    @Test(arguments: ["/usr/bin/git", "/usr/bin/python3"]) func realProgramsAreProvenAsByLdd(path: String) throws {
        let tool = Tool(executable: "/usr/bin/ldd", environment: ["LC_ALL": "C"])
        let text = try tool.run([path]).outputText
        let names = text.split(separator: "\n").filter { $0.contains(" => /") }
            .compactMap { $0.split(separator: " ").first?.drop { $0 == "\t" } }.map(String.init)
        try #require(!names.isEmpty && !text.contains("not found"))
        let program = try #require(try ELFFacts.read(path: path))
        var settings = LoaderSettings(machine: program.machine)
        settings.configuredFolders =
            settings.machine == 62 ? ["/usr/lib/x86_64-linux-gnu"] : ["/usr/lib/aarch64-linux-gnu"]
        for left in [nil] + names.map(Optional.some) {
            var tree = LibraryTree()
            tree.addLink("/lib", target: "usr/lib")
            tree.addLink("/lib64", target: "usr/lib64")
            if let loader = program.interpreter { tree.addLink(loader, target: Files.resolved(loader) ?? "") }
            tree.add(path, facts: program, owner: Self.extensionWheel)
            for file in RealFiles.libraries where !file.hasSuffix("/\(left ?? "-")") {
                guard names.contains(where: { file.hasSuffix("/\($0)") }) || file.contains("/ld-linux") else {
                    continue
                }
                if let facts = try ELFFacts.read(path: file) { tree.add(file, facts: facts, owner: nil) }
            }
            let verdict = LibraryProof.prove(tree, settings)
            #expect(verdict.isProven == (left == nil), "\(left ?? "all"): \(verdict.findings)")
            #expect(verdict.findings.allSatisfy { $0.kind == .missingLibrary(left ?? "") })
        }
    }
}
