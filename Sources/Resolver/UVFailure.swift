import HostSystem

/// Turns what uv printed when it failed into one error in plain words.
///
/// uv tells its reasons only as text, so this looks for the phrases of its messages; what is not known is passed on.
package enum UVFailure {
    package static func error(_ operation: String, _ result: Tool.Result) -> ResolverError {
        if result.timedOut {
            return ResolverError(
                .timeout, operation, "uv did not end in the time it had",
                hint: "is the package index reachable and answering?")
        }
        return error(operation, text: result.errorText, end: result.end)
    }

    static func error(_ operation: String, text: String, end: ProcessEnd) -> ResolverError {
        let detail = explanation(URLCredentials.removed(from: text))
        let lower = detail.lowercased()
        func has(_ phrases: String...) -> Bool { phrases.contains { lower.contains($0) } }
        let place = address(in: detail).map { " at \($0)" } ?? ""

        // An index that refuses access looks to uv like one without the package; its hint tells the difference.
        if has("no solution found"), !has("401 unauthorized", "403 forbidden") { return unsolvable(operation, detail) }
        if has("hash mismatch") {
            return ResolverError(
                .hashMismatch, operation, "a downloaded package is not the one that was locked: its sha256 differs",
                hint: "lock again with `bunsen lock --upgrade`, unless somebody tampered with the package",
                detail: detail)
        }
        if has("no space left on device", "disk quota exceeded") {
            return ResolverError(
                .diskFull, operation, "the disk is full", hint: "make room, or set BUNSEN_HOME to another disk",
                detail: detail)
        }
        if has("401 unauthorized", "403 forbidden", "407 proxy") {
            return ResolverError(
                .authentication, operation, "the index\(place) refused access",
                hint: "check the user and password of the index in uv's or pip's configuration, or in ~/.netrc",
                detail: detail)
        }
        if has("certificate", "unknownissuer") {
            return ResolverError(
                .certificate, operation, "the index\(place) shows a certificate that is not trusted",
                hint: "set SSL_CERT_FILE to your organisation's certificates", detail: detail)
        }
        if has("status server error", "500 internal", "502 bad", "503 service", "504 gateway") {
            return ResolverError(
                .serverError, operation, "the index\(place) answered with an error of its own",
                hint: "try again later, or use a mirror: set UV_DEFAULT_INDEX or PIP_INDEX_URL", detail: detail)
        }
        if has("operation timed out", "timed out", "timeout") {
            return ResolverError(
                .timeout, operation, "the index\(place) did not answer in time",
                hint: "try again, use a mirror (UV_DEFAULT_INDEX), or allow more seconds (UV_HTTP_TIMEOUT)",
                detail: detail)
        }
        if has("failed to download", "failed to read", "file://"), has("no such file", "does not exist", "not found: /")
        {
            let file =
                detail.split(whereSeparator: { " `\n()".contains($0) }).first { $0.hasSuffix(".whl") } ?? "a wheel"
            return ResolverError(
                .withdrawn, operation, "\(Files.name(of: String(file))) is no longer in the folder it was locked from",
                hint: "put it back, or lock again with `bunsen lock --upgrade`", detail: detail)
        }
        if has("404 not found", "410 gone") {
            return ResolverError(
                .withdrawn, operation, "a locked package is no longer there\(place)",
                hint: "it was withdrawn from the index; lock again with `bunsen lock --upgrade`", detail: detail)
        }
        if has(
            "dns error", "connection refused", "error sending request", "tcp connect", "network is unreachable",
            "network connectivity is disabled", "failed to lookup")
        {
            return ResolverError(
                .noNetwork, operation, "the index\(place) cannot be reached",
                hint: "check the network, the proxy (HTTPS_PROXY), or use a mirror (UV_DEFAULT_INDEX)", detail: detail)
        }
        if case .signalled(let number) = end {
            return ResolverError(.interrupted, operation, "uv was ended by signal \(number)", detail: detail)
        }
        let lines = detail.split(separator: "\n").prefix(3).joined(separator: ": ")
        let cause = lines.isEmpty ? "uv failed without saying why" : lines.lowercasedFirst
        return ResolverError(.other, operation, cause, detail: detail)
    }

    private static func unsolvable(_ operation: String, _ detail: String) -> ResolverError {
        let lines = detail.split(separator: "\n").map(String.init)
        let reason = lines.drop { $0.lowercased().contains("no solution found") }.joined(separator: " ")
        let cause = reason.isEmpty ? "the requirements contradict each other" : reason.lowercasedFirst
        if reason.contains("was not found in the package registry") {
            return ResolverError(
                .missingPackage, operation, cause, hint: "check the spelling of the package's name", detail: detail)
        }
        if reason.contains("yanked") {
            return ResolverError(
                .withdrawn, operation, cause, hint: "the version was withdrawn; ask for another one", detail: detail)
        }
        return ResolverError(
            .impossible, operation, cause, hint: "loosen one of the versions that are named here", detail: detail)
    }

    /// The error part of uv's output: without warnings and progress, without its marks, at most 40 lines.
    private static func explanation(_ text: String) -> String {
        let lines = text.split(separator: "\n").map { line in
            var rest = line.drop { $0 == " " || $0 == "\t" || "├╰─▶│×".contains($0) }
            while rest.last == " " { rest.removeLast() }
            return String(rest)
        }.filter { !$0.isEmpty }
        let start =
            lines.lastIndex { $0.hasPrefix("error:") } ?? lines.firstIndex { $0.hasPrefix("No solution found") } ?? 0
        let kept = lines.dropFirst(start).prefix(40).map { line in
            for prefix in ["error: ", "cause: ", "Caused by: "] where line.hasPrefix(prefix) {
                return String(line.dropFirst(prefix.count))
            }
            return line
        }
        return kept.joined(separator: "\n").trimmedEnds
    }

    /// The host of the first address in a text.
    private static func address(in text: String) -> String? {
        for scheme in ["https://", "http://"] {
            guard let start = text.firstRange(of: scheme)?.lowerBound else { continue }
            let host = text[start...].dropFirst(scheme.count).prefix { !"/ `)\n".contains($0) }
            if !host.isEmpty { return String(host) }
        }
        return nil
    }
}

extension StringProtocol {
    /// The text without white space at either end.
    var trimmedEnds: String {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }
}
