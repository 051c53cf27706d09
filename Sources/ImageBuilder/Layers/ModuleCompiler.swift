import Glibc
import HostSystem

/// Compiles modules with the interpreter of the image, on all processors, into files that are the same everywhere.
///
/// They are of the kind that is never compared with its source (PEP 552, unchecked hash): the image does not change.
/// What Python's compiler writes depends, in one place, on what it has in memory: a set of constants (`x in {"a", "b"}`)
/// is copied when a string in it was known before, and then written twice where two functions share it. A module with
/// such sets is compiled once more while the first result keeps all its strings known. That makes Python 3.11 write the
/// same in any order; of other versions every module is compiled twice, and left out where it comes out differently.
struct ModuleCompiler {
    /// Goes up with every change of what comes out.
    static let version = 2

    let layout: ImageLayout
    let host: [String: String]

    /// Where compiled modules are, by their place in the list; what cannot be compiled has none.
    struct Output {
        let folder: String

        func path(_ number: Int) -> String? {
            let path = "\(folder)/out/\(number)"
            return Files.exists(path) ? path : nil
        }
    }

    /// - Parameters:
    ///   - modules: absolute paths of the `.py` files.
    ///   - sandbox: of everything below.
    ///   - scratch: an empty folder for the results.
    func compile(_ modules: [String], in sandbox: ImageSandbox, scratch: String) throws -> Output {
        // The image's user writes into it.
        chmod(scratch, 0o777)
        try Files.write(modules.map { $0 + "\n" }.joined(), to: "\(scratch)/modules")
        try Files.write(Self.script, to: "\(scratch)/compile.py")
        let result = try sandbox.run(
            [layout.interpreter, "-I", "-B", "/shared/compile.py"], shared: scratch, host: host, timeout: 1800)
        guard result.succeeded else {
            throw ImageBuildError(
                .importFailed, "compiled modules", "the interpreter of the image does not compile them: \(result.end)",
                hint: "build without --bytecode", detail: result.errorText)
        }
        return Output(folder: scratch)
    }

    /// What Python cannot compile (templates, code for other versions) is left out, as pip does.
    private static let script = """
        import importlib._bootstrap_external as external, importlib.util, os, struct, sys, warnings
        warnings.simplefilter("ignore")
        modules = open("/shared/modules", encoding="utf-8").read().split("\\n")[:-1]

        def has_set(code):
            return any(isinstance(c, frozenset) or hasattr(c, "co_code") and has_set(c) for c in code.co_consts)

        def code(path):
            with open(path, "rb") as file:
                data = file.read()
            def compiled():
                return compile(data, path, "exec", dont_inherit=True, optimize=-1)
            try:
                result = compiled()
            except (SyntaxError, ValueError, RecursionError, UnicodeError):
                return None
            if has_set(result):
                first, result = result, compiled()
            return external._code_to_hash_pyc(result, importlib.util.source_hash(data), False)

        def work(folder, numbers):
            while number := os.read(numbers, 4):
                number, = struct.unpack("I", number)
                result = code(modules[number])
                if result is not None:
                    with open(f"{folder}/{number}", "wb") as file:
                        file.write(result)

        def compile_all(folder, order):
            os.mkdir(folder)
            # Whoever is free takes the next number.
            numbers, end = os.pipe()
            children = []
            for _ in os.sched_getaffinity(0):
                child = os.fork()
                if child == 0:
                    try:
                        os.close(end)
                        work(folder, numbers)
                    except BaseException as error:
                        print(repr(error), file=sys.stderr)
                        os._exit(1)
                    os._exit(0)
                children.append(child)
            os.close(numbers)
            try:
                for number in order:
                    os.write(end, struct.pack("I", number))
            except BrokenPipeError:
                pass
            os.close(end)
            if any([os.waitpid(child, 0)[1] for child in children]):
                sys.exit("a compiling process failed")

        order = sorted(range(len(modules)), key=lambda number: -os.path.getsize(modules[number]))
        compile_all("/shared/out", order)
        if sys.version_info[:2] != (3, 11):
            compile_all("/shared/again", order[::-1])
            for number in order:
                first, second = f"/shared/out/{number}", f"/shared/again/{number}"
                if os.path.exists(first) and open(first, "rb").read() != open(second, "rb").read():
                    os.unlink(first)
        """
}
