import HTTPTransfer
import OCIModel
import Synchronization
import TestSupport

@testable import OCIRegistry

/// A registry in memory that follows the protocol, so that a test can break one thing of it.
final class ScriptedRegistry: Sendable {
    private struct State {
        var blobs: [String: [UInt8]] = [:]
        var manifests: [String: (type: String, bytes: [UInt8])] = [:]
        var uploads: [Int: [UInt8]] = [:]
        var nextUpload = 1
    }

    private let state = Mutex(State())

    func blob(_ digest: Digest) -> [UInt8]? { state.withLock { $0.blobs["\(digest)"] } }

    func add(_ image: SampleImage, tag: String) {
        state.withLock { state in
            for (digest, bytes) in image.content { state.blobs["\(digest)"] = bytes }
            for name in [tag, "\(image.manifest.digest)"] {
                state.manifests[name] = (image.manifest.mediaType.rawValue, image.manifest.bytes)
            }
        }
    }

    func answer(_ request: ScriptedServer.Request) -> [ScriptedServer.Action] {
        let parts = request.path.split(separator: "/").map(String.init)
        guard parts.first == "v2" else { return ScriptedServer.answer(404) }
        if parts.count == 1 { return ScriptedServer.answer(200, [:], Array("{}".utf8)) }
        let query = Dictionary(
            request.target.drop { $0 != "?" }.dropFirst().split(separator: "&").map { pair in
                let halves = pair.split(separator: "=", maxSplits: 1)
                return (String(halves[0]), halves.count > 1 ? String(halves[1]).replacingColon : "")
            }, uniquingKeysWith: { $1 })
        return state.withLock { state in
            if parts.contains("uploads") { return Self.upload(request, parts, query, &state) }
            guard let last = parts.last else { return ScriptedServer.answer(404) }
            if parts.contains("manifests") {
                if request.method == "PUT" {
                    let digest = "\(Digest(of: request.body))"
                    let manifest = (request.headers["content-type"] ?? "", request.body)
                    state.manifests[last] = manifest
                    state.manifests[digest] = manifest
                    return ScriptedServer.answer(201, ["Docker-Content-Digest": digest])
                }
                guard let found = state.manifests[last] else { return ScriptedServer.answer(404) }
                return ScriptedServer.answer(200, ["Content-Type": found.type], found.bytes)
            }
            guard let blob = state.blobs[last] else { return ScriptedServer.answer(404) }
            if let range = request.headers["range"], let first = Int(range.dropFirst(6).dropLast()) {
                return ScriptedServer.answer(
                    206, ["Content-Range": "bytes \(first)-\(blob.count - 1)/\(blob.count)"], Array(blob[first...]))
            }
            return ScriptedServer.answer(200, [:], blob)
        }
    }

    private static func upload(
        _ request: ScriptedServer.Request, _ parts: [String], _ query: [String: String], _ state: inout State
    ) -> [ScriptedServer.Action] {
        func place(_ number: Int) -> String { "/v2/\(parts[1])/blobs/uploads/\(number)?state=a%20b" }
        if request.method == "POST" {
            let number = state.nextUpload
            state.nextUpload += 1
            state.uploads[number] = []
            return ScriptedServer.answer(202, ["Location": place(number), "OCI-Chunk-Min-Length": "1000"])
        }
        guard let number = Int(parts.last ?? ""), var bytes = state.uploads[number], query["state"] == "a%20b" else {
            return ScriptedServer.answer(404)
        }
        let range = { (count: Int) in ["Range": "0-\(max(0, count - 1))", "Location": place(number)] }
        switch request.method {
        case "GET": return ScriptedServer.answer(204, range(bytes.count))
        case "DELETE":
            state.uploads[number] = nil
            return ScriptedServer.answer(204)
        case "PATCH":
            if let text = request.headers["content-range"],
                text.split(separator: "-").first.flatMap({ Int($0) }) != bytes.count
            {
                return ScriptedServer.answer(416, range(bytes.count))
            }
            bytes += request.body
            state.uploads[number] = bytes
            return ScriptedServer.answer(202, range(bytes.count))
        default:
            bytes += request.body
            let digest = "\(Digest(of: bytes))"
            guard digest == query["digest"] else {
                return ScriptedServer.answer(400, [:], Array(#"{"errors":[{"code":"DIGEST_INVALID"}]}"#.utf8))
            }
            state.blobs[digest] = bytes
            state.uploads[number] = nil
            return ScriptedServer.answer(201, ["Docker-Content-Digest": digest])
        }
    }
}

extension String {
    fileprivate var replacingColon: String {
        guard let percent = firstIndex(of: "%"), self[percent...].uppercased().hasPrefix("%3A") else { return self }
        return self[..<percent] + ":" + self[index(percent, offsetBy: 3)...]
    }
}

extension ScriptedServer {
    func repository(_ path: String = "a", _ session: RegistrySession = testSession()) throws -> RemoteRegistry {
        session.repository(try Repository(registry: "127.0.0.1:\(port)", path: path))
    }
}
