import ExperimentModel
import FoundationEssentials
import HostSystem
import MetricText
import RecipeModel
import Yams

/// A file of hyperparameters that a person names with `--params`: YAML, JSON or TOML, by its ending.
package struct ParameterFile {
    /// A parameter file could not be read as what its name says.
    package struct Unreadable: Error, CustomStringConvertible {
        package let path: String
        package let line: Int?
        package let reason: String

        package var description: String {
            "cannot read the parameters in \(path)\(line.map { ":\($0)" } ?? ""): \(reason)"
        }
    }

    private static let largest = 1 << 20

    /// Reads the parameters with dotted names for nested ones: `{optimizer: {lr: 1}}` is `optimizer.lr`.
    package static func read(_ path: String) throws -> [ExperimentModel.Parameter] {
        let text = try Files.readText(path, limit: largest)
        let tree: ParameterNode
        switch path.split(separator: ".").last?.lowercased() {
        case "json": tree = try json(text, path)
        case "toml": tree = try toml(text, path)
        case "yaml", "yml": tree = try yaml(text, path)
        default:
            throw Unreadable(path: path, line: nil, reason: "the name must end in .yaml, .yml, .json or .toml")
        }
        guard case .table = tree else {
            throw Unreadable(path: path, line: 1, reason: "there must be names and values at the top")
        }
        return ParameterTree.flatten(tree).parameters.map {
            Parameter(name: $0.name, value: ParameterValue(parsing: $0.text), source: Files.name(of: path))
        }
    }

    private static func yaml(_ text: String, _ path: String) throws -> ParameterNode {
        do {
            // An alias can repeat a large part of a document any number of times, and the parser calls itself for each
            // level: both are refused before it sees them.
            guard let root = try Yams.compose(yaml: YAMLText.checked(Array(text.utf8))) else { return .table([]) }
            return try node(root, path, depth: 0)
        } catch let problem as RecipeProblem {
            throw Unreadable(path: path, line: problem.line, reason: problem.reason)
        } catch let error as YamlError {
            throw Unreadable(path: path, line: nil, reason: "\(error)")
        }
    }

    private static func node(_ node: Node, _ path: String, depth: Int) throws -> ParameterNode {
        guard depth < ParameterTree.deepest else {
            throw Unreadable(path: path, line: node.mark?.line, reason: "it is nested too deeply")
        }
        switch node {
        case .scalar(let scalar):
            return scalar.style == .plain ? ParameterNode(typing: scalar.string) : .string(scalar.string)
        case .sequence(let sequence):
            return .list(try sequence.map { try self.node($0, path, depth: depth + 1) })
        case .mapping(let mapping):
            return .table(
                try mapping.map { key, value in
                    ParameterNode.Member(key.string ?? "?", try self.node(value, path, depth: depth + 1))
                })
        case .alias:
            throw Unreadable(path: path, line: node.mark?.line, reason: "aliases are not supported")
        }
    }

    private static func json(_ text: String, _ path: String) throws -> ParameterNode {
        struct Value: Decodable {
            let node: ParameterNode

            init(from decoder: any Decoder) throws {
                if let table = try? decoder.singleValueContainer().decode([String: Value].self) {
                    node = .table(table.sorted { $0.key < $1.key }.map { ParameterNode.Member($0.key, $0.value.node) })
                } else if let list = try? decoder.singleValueContainer().decode([Value].self) {
                    node = .list(list.map(\.node))
                } else if try decoder.singleValueContainer().decodeNil() {
                    node = .null
                } else {
                    switch try decoder.singleValueContainer().decode(ParameterValue.self) {
                    case .integer(let value): node = .integer(value)
                    case .number(let value): node = .number(value)
                    case .boolean(let value): node = .bool(value)
                    case .text(let value): node = .string(value)
                    }
                }
            }
        }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8)).node
        } catch {
            throw Unreadable(path: path, line: nil, reason: "it is not JSON")
        }
    }

    private static func toml(_ text: String, _ path: String) throws -> ParameterNode {
        do {
            return try TOMLReader.read(text)
        } catch {
            throw Unreadable(path: path, line: error.line, reason: error.reason)
        }
    }
}
