import ArgumentParser
import OCIModel
import OCIRegistry

/// Which image of those for several platforms.
struct PlatformOption: ParsableArguments {
    @Option(
        name: .customLong("platform"),
        help: "Of an image for several platforms the one for this platform, such as linux/arm64.",
        transform: { try Platform($0) })
    var platform: Platform?

    init() {}

    /// Sees that what was asked for is there: an image that is for one platform only may be for another one.
    func check(_ source: ImagePlace.Source) throws {
        guard let platform else { return }
        let image = try source.images.image(source.selector, for: platform)
        let actual = try source.images.configuration(of: image).value.platform
        guard actual.runs(on: platform) else {
            throw Failure("\(source.images.name): the image is for \(actual), not for \(platform)", code: .missing)
        }
    }
}
