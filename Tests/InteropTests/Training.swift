import Glibc
import HostSystem
import TestSupport
import Testing

/// What every engine has to give: metrics of a network that learns, a user who is not root, a file in the mounted folder.
struct Training {
    /// What the container runs.
    static let command = ["sh", "-c", "python train.py --epochs 1 --log-every 15 --lr 3e-3 && id -u > user.txt"]

    /// - Parameter run: runs the command in a container that has the folder at /workspace.
    static func expect(
        _ image: DigitsImage, _ run: (_ workspace: String, _ command: [String]) throws -> Tool.Result
    ) throws {
        let workspace = try image.workspace()
        let result = try run(workspace.folder, command)
        try #require(result.succeeded, "\(result.errorText)\(result.outputText)")
        let losses = result.outputText.matches(of: /step \d+ loss=([0-9.]+)/).compactMap { Double($0.1) }
        #expect(losses.count == 3 && losses[2] < losses[0] * 0.8, "\(result.outputText)")
        #expect(result.outputText.contains("epoch 1 step 45 train_loss="), "\(result.outputText)")
        #expect(try workspace.read("user.txt") == "\(DigitsImage.userID)\n")
        var status = stat()
        try #require(stat("\(workspace.folder)/user.txt", &status) == 0)
        #expect(status.st_uid == DigitsImage.userID)
    }
}
