import HostSystem

/// The Python program that executes a notebook with the environment's own nbclient.
///
/// It sends on what cells print as it comes, so that metrics are found as in any other command. The kernel runs in a
/// session of its own: the program interrupts it on Ctrl-C, and takes it along at its own end.
enum NotebookDriver {
    /// Where the program is, written now if it is not there. Its folder has nothing else, because Python looks for
    /// modules beside a program.
    static func install(home: String) throws -> String {
        let folder = "\(home)/cache/notebook-driver-\(SHA256.hexDigest(source.utf8).prefix(16))"
        let path = "\(folder)/execute.py"
        if (try? Files.readText(path, limit: 1 << 20)) != source {
            try Files.makeFolder(folder)
            try Files.write(source, to: path)
        }
        return path
    }

    static let source = #"""
        # Executes a notebook for `bunsen run`. Its only argument is a request in JSON: NotebookCommand says what is in it.
        import ast, asyncio, base64, json, math, os, re, signal, sys, tempfile, time

        import nbclient, nbformat
        from nbclient.exceptions import CellExecutionError, DeadKernelError

        request = json.loads(sys.argv[1])
        target = os.path.join(request["folder"], request["name"])
        report = {"cells": 0, "executed": 0, "figures": [], "omitted": 0, "defaults": [], "unknown": []}
        stopping = 0


        def plain(text):
            return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


        def say(text):
            print(text, file=sys.stderr, flush=True)


        def secrets():
            """What is taken out of all that is written: secrets, their lines, and both as JSON has them."""
            forms = set()
            for value in (os.environ.get(name, "") for name in request["secrets"]):
                for text in [value, *value.splitlines()]:
                    forms |= {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
            forms = [form.encode(errors="surrogateescape") for form in forms]
            return sorted((form for form in forms if len(form) >= request["shortestSecret"]), key=len, reverse=True)


        hidden = secrets()


        def write(path, data):
            for form in hidden:
                data = data.replace(form, b"[redacted]")
            unfinished = path + ".unfinished"
            with open(unfinished, "wb") as file:
                file.write(data)
            os.replace(unfinished, path)


        def literal(text):
            named = {"true": True, "false": False, "none": None, "null": None}
            if text.lower() in named:
                return named[text.lower()]
            try:
                return ast.literal_eval(text)
            except Exception:
                return text


        def code(value):
            if isinstance(value, float) and not math.isfinite(value):
                return f'float("{value}")'
            return repr(value)


        def assigned(source):
            """The names that a cell assigns, with their values where these are written out."""
            names = {}
            try:
                tree = ast.parse(source)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return names
            for node in tree.body:
                single = [node.target] if isinstance(node, ast.AnnAssign) else []
                for name in node.targets if isinstance(node, ast.Assign) else single:
                    if isinstance(name, ast.Name):
                        try:
                            names[name.id] = ast.literal_eval(node.value)
                        except Exception:
                            names[name.id] = Ellipsis
            return names


        def inject(book):
            """Puts the given parameters into a cell behind the one with the tag `parameters`, as papermill does."""
            def tagged(cell, tag):
                return tag in cell.metadata.get("tags", [])

            book.cells = [cell for cell in book.cells if not tagged(cell, "injected-parameters")]
            place = next((number for number, cell in enumerate(book.cells) if tagged(cell, "parameters")), None)
            given = {name: literal(text) for name, text in request["parameters"]}
            known = assigned(book.cells[place].source) if place is not None else {}
            report["unknown"] = [name for name in given if name not in known][:100]
            report["hasParameters"] = place is not None
            for name, value in known.items():
                if name not in given and isinstance(value, (bool, int, float, str)):
                    text = str(value).lower() if isinstance(value, bool) else str(value)
                    if len(text) <= 1000 and len(report["defaults"]) < 1000:
                        report["defaults"].append({"name": name, "value": text})
            usable = {name: value for name, value in given.items() if name.isidentifier()}
            if usable:
                source = "# Parameters\n" + "\n".join(f"{name} = {code(value)}" for name, value in usable.items())
                cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["injected-parameters"]})
                if book.nbformat_minor < 5:
                    cell.pop("id", None)
                book.cells.insert(0 if place is None else place + 1, cell)


        def show(message):
            """What a cell puts out goes out as it comes."""
            content, kind = message["content"], message["msg_type"]
            if kind == "stream":
                stream = sys.stderr if content.get("name") == "stderr" else sys.stdout
                stream.write(content.get("text", ""))
                stream.flush()
            elif kind in ("execute_result", "display_data"):
                data = content.get("data", {})
                if not any(name.startswith("image/") for name in data) and isinstance(data.get("text/plain"), str):
                    print(data["text/plain"], flush=True)
            elif kind == "error":
                say(plain("\n".join(content.get("traceback", [])))[-20000:])


        class Client(nbclient.NotebookClient):
            def output(self, outs, msg, display_id, cell_index):
                show(msg)
                return super().output(outs, msg, display_id, cell_index)


        def figures(book):
            """The PNG and SVG pictures of all cells, as files."""
            number = 0
            for cell in book.cells:
                if cell.cell_type != "code" or cell.execution_count is None:
                    continue
                count = 0
                for output in cell.outputs:
                    data = output.get("data", {})
                    kind = next((kind for kind in ("image/svg+xml", "image/png") if kind in data), None)
                    if kind is None:
                        continue
                    content = data[kind]
                    content = "".join(content) if isinstance(content, list) else content
                    try:
                        content = base64.b64decode(content) if kind == "image/png" else content.encode()
                    except (ValueError, AttributeError):
                        continue
                    if len(report["figures"]) >= request["figures"] or len(content) > request["figureBytes"]:
                        report["omitted"] += 1
                        continue
                    count += 1
                    name = f"cell-{cell.execution_count}-{count}.{'png' if kind == 'image/png' else 'svg'}"
                    write(os.path.join(request["folder"], name), content)
                    report["figures"].append({"cell": cell.execution_count, "file": name})


        def save(book, end=False):
            write(target, nbformat.writes(book).encode())
            if end:
                figures(book)
            write(os.path.join(request["folder"], "report.json"), json.dumps(report).encode())


        async def execute(book, scratch):
            client = Client(
                book, kernel_name="python3", timeout=None, allow_errors=False,
                resources={"metadata": {"path": os.path.dirname(os.path.abspath(request["notebook"]))}})
            client.reset_execution_trackers()
            client.km = manager = client.create_kernel_manager()
            # Sockets that other users cannot reach.
            manager.transport, manager.ip = "ipc", os.path.join(scratch, "kernel")
            manager.connection_file = os.path.join(scratch, "kernel.json")
            loop = asyncio.get_running_loop()

            def end():
                if manager.has_kernel:
                    asyncio.ensure_future(manager.shutdown_kernel(now=True))

            def stop(number):
                global stopping
                if stopping:
                    return end()
                stopping = number
                if manager.has_kernel:
                    # The kernel has a session of its own: no terminal reaches it.
                    asyncio.ensure_future(manager.interrupt_kernel())
                if number == signal.SIGTERM:
                    # Perhaps nobody is left to ask once more.
                    loop.call_later(10, end)

            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop, number)
            try:
                await client.async_start_new_kernel()
                await client.async_start_new_kernel_client()
                information = await client.async_wait_for_reply(client.kc.kernel_info())
                book.metadata["language_info"] = information["content"]["language_info"]
                saved = time.monotonic()
                for index, cell in enumerate(book.cells):
                    if stopping:
                        break
                    if cell.cell_type != "code" or not cell.source.strip():
                        continue
                    await client.async_execute_cell(cell, index, execution_count=report["executed"] + 1)
                    report["executed"] += 1
                    if time.monotonic() - saved > 2:
                        save(book)
                        saved = time.monotonic()
                client.set_widgets_metadata()
            finally:
                if client.kc is not None:
                    client.kc.stop_channels()
                if manager.has_kernel:
                    await manager.shutdown_kernel(now=True)


        def fail(name, value):
            cell = report["executed"] + 1
            report["failed"] = {"cell": cell, "error": plain(name)[:200], "message": plain(value)[:2000]}
            sys.stdout.flush()
            say(f"cell [{cell}] of {request['name']} failed: {plain(name)}: {plain(value)[:2000]}")


        def main():
            try:
                book = nbformat.read(request["notebook"], as_version=4)
                for problem in nbformat.validator.iter_validate(book):
                    sys.exit(f"{request['notebook']} is not a valid notebook: {str(problem)[:500]}")
            except Exception as error:
                sys.exit(f"{request['notebook']} cannot be read as a notebook: {str(error)[:500]}")
            language = book.metadata.get("kernelspec", {}).get("language")
            language = str(language or book.metadata.get("language_info", {}).get("name") or "python")
            if language.lower() != "python":
                sys.exit(f"{request['notebook']} is written in {language[:50]}; only notebooks in Python are executed")
            inject(book)
            for cell in book.cells:
                if cell.cell_type == "code":
                    cell.outputs, cell.execution_count = [], None
            report["cells"] = sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in book.cells)
            if request["parameters"] and not report["hasParameters"]:
                say(f"warning: {request['name']} has no cell with the tag \"parameters\"")
            elif report["unknown"]:
                say("warning: the parameters cell does not assign " + ", ".join(report["unknown"]))
            status = 0
            try:
                with tempfile.TemporaryDirectory(prefix="bunsen-notebook-") as scratch:
                    asyncio.run(execute(book, scratch))
            except (CellExecutionError, DeadKernelError, RuntimeError, asyncio.CancelledError) as error:
                status = 1
                if not stopping and isinstance(error, CellExecutionError):
                    fail(error.ename, error.evalue)
                elif not stopping:
                    fail("the kernel ended", str(error))
            save(book, end=True)
            sys.exit(128 + stopping if stopping else status)


        main()

        """#
}
