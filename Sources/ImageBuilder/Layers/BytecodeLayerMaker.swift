import ContentStore
import Glibc
import HostSystem
import LayerArchive
import OCIModel

/// Makes the layer of compiled modules, with the interpreter of the image, so that the first start of a container does
/// not compile them.
///
/// The files are of the kind that is never compared with its source (PEP 552, unchecked hash): the image does not change.
/// Python's compiler may write one constant once or twice, depending on what else it has in memory, so every module is
/// compiled by a fresh interpreter state in a fixed order, and twice; modules that come out differently are left out.
struct BytecodeLayerMaker {
    let store: ContentStore
    let layout: ImageLayout
    let host: [String: String]

    /// - Parameters:
    ///   - sandbox: of everything below.
    ///   - modules: absolute paths of the `.py` files, sorted.
    func make(_ modules: [String], in sandbox: ImageSandbox, title: String) throws -> (
        record: LayerRecord, leftOut: Int
    ) {
        let work = try store.workFolder()
        defer { withExtendedLifetime(work) {} }
        let scratch = work.path
        // The image's user writes into it.
        chmod(scratch, 0o777)
        try Files.write(modules.map { $0 + "\n" }.joined(), to: "\(scratch)/modules")
        try Files.write(Self.script, to: "\(scratch)/compile.py")
        let result = try sandbox.run(
            [layout.interpreter, "-I", "-B", "/shared/compile.py"], shared: scratch, host: host, timeout: 1800)
        guard result.succeeded else {
            throw ImageBuildError(
                .importFailed, title, "the interpreter of the image does not compile the modules: \(result.end)",
                detail: result.errorText)
        }
        let blob = try store.blobFile()
        let writer = try LayerWriter(
            blob.descriptor, name: title, owner: LayerOwner(modified: Int(ImageLayout.fileTime)))
        var written = 0
        for (module, path) in try compiled(modules, in: scratch) {
            let file = try Descriptor.open(path, O_RDONLY)
            var status = stat()
            guard fstat(file.number, &status) == 0 else { throw SystemError("read", path) }
            try writer.addFile(
                module, stored: DataRange(file, path: path, offset: 0, size: Int(status.st_size)))
            written += 1
        }
        let layer = try writer.finish()
        _ = try blob.finish(trusting: layer.descriptor.digest, size: layer.descriptor.size)
        let record = LayerRecord(
            descriptor: layer.descriptor, diffID: layer.diffID, unpackedSize: layer.uncompressedSize)
        return (record, modules.count - written)
    }

    /// Where each compiled module goes, sorted, and where it is now. The script names its output by the module's place
    /// in the list.
    private func compiled(_ modules: [String], in scratch: String) throws -> [(String, String)] {
        var result: [(String, String)] = []
        let tag = "cpython-\(layout.python.replacing(".", with: ""))"
        for (number, module) in modules.enumerated() {
            let path = "\(scratch)/out/\(number)"
            guard Files.exists(path), let folder = Files.parent(of: module) else { continue }
            let name = Files.name(of: module).dropLast(".py".count)
            result.append(("\(folder)/__pycache__/\(name).\(tag).pyc", path))
        }
        return result.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    }

    /// Compiles each module in two processes that were forked from one that has compiled nothing, and keeps what comes
    /// out the same. What Python cannot compile (templates, code for other versions) is left out, as pip does.
    private static let script = """
        import importlib._bootstrap_external as external, importlib.util, os, sys, warnings
        warnings.simplefilter("ignore")
        modules = open("/shared/modules", encoding="utf-8").read().split("\\n")[:-1]
        def code(path):
            data = open(path, "rb").read()
            try:
                compiled = compile(data, path, "exec", dont_inherit=True, optimize=-1)
            except (SyntaxError, ValueError, RecursionError, UnicodeError):
                return None
            return external._code_to_hash_pyc(compiled, importlib.util.source_hash(data), False)
        def work(folder, order):
            os.mkdir(folder)
            for number in order:
                result = code(modules[number])
                if result is not None:
                    with open(f"{folder}/{number}", "wb") as file:
                        file.write(result)
        children = []
        for folder, order in (("/shared/out", range(len(modules))), ("/shared/again", range(len(modules) - 1, -1, -1))):
            child = os.fork()
            if child == 0:
                try:
                    work(folder, order)
                except BaseException as error:
                    print(error, file=sys.stderr)
                    os._exit(1)
                os._exit(0)
            children.append(child)
        if any(os.waitpid(child, 0)[1] for child in children):
            sys.exit("a compiling process failed")
        for number in range(len(modules)):
            first, second = f"/shared/out/{number}", f"/shared/again/{number}"
            if os.path.exists(first) and open(first, "rb").read() != open(second, "rb").read():
                os.unlink(first)
        """
}
