import HostSystem
import OCIModel
import RecipeModel
import Resolver

/// What the configuration of an image says: how its containers start, and where it came from.
package struct ImageSettings: Sendable, Hashable {
    package var title: String
    package var recipeDigest: String
    package var lockDigest: String
    /// Full versions; empty where there is none.
    package var torch: String
    /// `12.8`, or `cpu`; empty without torch.
    package var compute: String
    package var python: String
    package var baseName: String
    package var baseDigest: String
    package var variant: String?
    package var userID: UInt32
    /// Of the image that this one is built on.
    package var baseEnvironment: [String: String] = [:]
    /// Of the recipe and its variant.
    package var environment: [String: String]
    /// Program that is process 1, before the command; empty for none.
    package var entrypoint: [String]
    /// The moment that the base is of, as RFC 3339; nothing in an image tells when it was built.
    package var created: String

    /// Variables of every process in the image. Login shells get the same from /etc/profile.d.
    package var variables: [(name: String, value: String)] {
        Self.variables(compute: compute, base: baseEnvironment, environment: environment)
    }

    /// The same by name.
    var variableTable: [String: String] { Dictionary(uniqueKeysWithValues: variables.map { ($0.name, $0.value) }) }

    /// - Parameters:
    ///   - compute: `12.8`, `cpu`, or nothing without torch.
    ///   - base: of the image that this one is built on.
    ///   - environment: of the recipe and its variant; it goes before Bunsen's own.
    package static func variables(
        compute: String, base: [String: String] = [:], environment: [String: String]
    ) -> [(name: String, value: String)] {
        let path = base["PATH"] ?? standardSearchPath
        var fixed: [String: String] = ["LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1"]
        if !compute.isEmpty, compute != "cpu" {
            // What the NVIDIA container toolkit looks for when it decides which devices and libraries to bring in.
            fixed["NVIDIA_VISIBLE_DEVICES"] = "all"
            fixed["NVIDIA_DRIVER_CAPABILITIES"] = "compute,utility"
            fixed["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
        }
        // Of the base's own, except where they would lead Python away from the environment.
        fixed.merge(base.filter { !["PYTHONHOME", "PYTHONPATH"].contains($0.key) }) { $1 }
        fixed["PATH"] = "\(ImageLayout.prefix)/bin:\(path)"
        fixed["VIRTUAL_ENV"] = ImageLayout.prefix
        return fixed.merging(environment) { $1 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    package var labels: [String: String] {
        let labels = [
            "org.opencontainers.image.title": title,
            "org.opencontainers.image.base.name": baseName,
            "org.opencontainers.image.base.digest": baseDigest,
            "org.opencontainers.image.created": created,
            "bunsen.recipe.digest": recipeDigest,
            "bunsen.lock.digest": lockDigest,
            "bunsen.torch": torch,
            "bunsen.cuda": compute,
            "bunsen.python": python,
            "bunsen.variant": variant ?? "",
            "bunsen.layout": "\(ImageLayout.version)",
        ]
        return labels.filter { !$0.value.isEmpty }
    }

    package var execution: ImageConfiguration.Execution {
        var execution = ImageConfiguration.Execution()
        execution.user = "\(userID):\(userID)"
        execution.environment = variables.map { "\($0.name)=\($0.value)" }
        execution.entrypoint = entrypoint.isEmpty ? nil : entrypoint
        execution.command = ["bash"]
        execution.workingFolder = ImageLayout.workspace
        execution.labels = labels
        return execution
    }
}
