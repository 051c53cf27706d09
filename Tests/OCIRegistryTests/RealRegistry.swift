import OCIModel
import TestSupport

@testable import OCIRegistry

extension RealRegistry {
    func repository(_ path: String, _ session: RegistrySession) throws -> RemoteRegistry {
        session.repository(try Repository(registry: host, path: path))
    }
}
