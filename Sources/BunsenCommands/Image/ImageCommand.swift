import ArgumentParser

/// `bunsen image` and its commands.
package struct ImageCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "Push, pull, load, copy, tag, list, inspect and delete images.",
        discussion: """
            A place is a name in a registry (registry.example.org/team/digits:v2.8-cu128), store:NAME for the store of \
            this machine, oci:FOLDER[:TAG] for an OCI layout, or docker-archive:FILE[:NAME[:TAG]] for what `docker save` \
            writes and `docker load` reads.
            """,
        subcommands: [
            ImageListCommand.self, ImagePushCommand.self, ImagePullCommand.self, ImageLoadCommand.self,
            ImageCopyCommand.self, ImageTagCommand.self, ImageInspectCommand.self, ImageDeleteCommand.self,
        ])

    package init() {}
}
