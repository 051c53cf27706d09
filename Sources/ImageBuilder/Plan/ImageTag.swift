import OCIModel
import RecipeModel
import Resolver

extension Tag {
    /// The tag of a recipe's image: `v2.8-cu128`, `v2.13-cpu-debug`; `py3.11` without torch.
    package static func derived(from lock: Lock, variant: String?) throws(OCIModelError) -> Tag {
        var text = "py\(lock.python)"
        if let torch = lock.torch, let version = TorchVersion(packageVersion: torch.version) {
            text = "v\(version.major).\(version.minor)"
            if !torch.build.isEmpty { text += "-\(torch.build)" }
        }
        if let variant { text += "-\(variant)" }
        return try Tag(text)
    }
}
