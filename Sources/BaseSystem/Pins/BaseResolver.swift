import HostSystem
import RecipeModel
import Resolver

/// Pins the base of a recipe's image: `bunsen lock --image`.
package struct BaseResolver {
    let home: String
    let environment: [String: String]
    let progress: (String) -> Void

    /// - Parameters:
    ///   - home: $BUNSEN_HOME.
    ///   - environment: the environment of this process.
    ///   - progress: gets a line when a longer step begins.
    package init(home: String, environment: [String: String], progress: @escaping (String) -> Void = { _ in }) {
        self.home = home
        self.environment = environment
        self.progress = progress
    }

    /// Resolves everything that a request leaves open.
    ///
    /// - Parameter image: asked for the pin of a base that is the reference of an image; the registry's client knows.
    package func resolve(
        _ request: BaseRequest, image: (_ reference: String, _ platform: String) throws -> ImagePin
    ) throws -> BaseLock {
        guard let suite = try request.suite else {
            guard request.system.isEmpty, request.variants.isEmpty else {
                throw BaseSystemError(
                    .unusableInput, "cannot pin the base",
                    "system packages are installed into a Debian base only, and the base is \(request.base)",
                    hint: "use base: debian:bookworm, or an image that has \(request.system.joined(separator: ", "))")
            }
            var pin = try image(request.base, "linux/\(request.architecture)")
            pin.initPackage = try initPackage(request)
            let python = try StandalonePythonFinder(home: home, environment: environment, progress: progress)
                .pin(request.python, architecture: request.architecture, base: nil)
            return BaseLock(request: request, base: .image(pin), python: .standalone(python))
        }
        let resolver = DebianResolver(home: home, environment: environment, progress: progress)
        let (pin, version, fullVersion) = try resolver.pin(suite: suite, request: request)
        if version == request.python, let fullVersion {
            return BaseLock(request: request, base: .debian(pin), python: .base(version: fullVersion))
        }
        let python = try StandalonePythonFinder(home: home, environment: environment, progress: progress)
            .pin(request.python, architecture: request.architecture, base: version)
        return BaseLock(request: request, base: .debian(pin), python: .standalone(python))
    }

    /// A machine without apt pins none: `docker run --init` does the same.
    private func initPackage(_ request: BaseRequest) throws -> DebianPackage? {
        let resolver = DebianResolver(home: home, environment: environment, progress: progress)
        do {
            return try resolver.initPackage(suite: BaseRequest.defaultSuite, architecture: request.architecture)
        } catch let error as BaseSystemError where [.missingTool, .noMirror].contains(error.kind) {
            progress("no Debian mirror is known, so the image gets no init of its own")
            return nil
        }
    }
}
