import BaseSystem
import ContentStore
import Engines
import Glibc
import HTTPTransfer
import HostSystem
import ImageBuilder
import ImageSnapshots
import LayerArchive
import MarkdownEntry
import MetricText
import OCIModel
import OCIRegistry
import ProjectExport
import RecipeModel
import Recorder
import Resolver
import RunCapture
import RunStore
import WheelFormat
import Workbench

extension Failure {
    /// What an error of the modules below means for the person: its own words, what to do, and the exit code. Nil for
    /// errors that belong to the argument parser.
    init?(explaining error: any Error) {
        switch error {
        case let error as Failure: self = error
        case let error as SystemError: self.init("\(error)", hint: Self.hint(for: error), code: .inputOutput)
        case let error as FileTooLarge: self.init("\(error)", code: .inputOutput)
        case let error as RecipeError:
            self.init(
                "\(error)", hint: error.hints.isEmpty ? nil : error.hints.joined(separator: "\nhint: "),
                code: error.isMissing ? .missing : .data)
        case let error as LockError:
            self.init("\(error)", hint: error.hint, code: error.kind == .missing ? .missing : .data)
        case let error as ResolverError:
            let detail = error.detail.map { "\n" + $0 } ?? ""
            self.init("\(error)\(detail)", hint: error.hint, code: Self.code(for: error.kind))
        case let error as MetricTextError:
            self.init("\(error)", hint: "look at record.patterns in bunsen.yaml", code: .data)
        case let error as ParameterFile.Unreadable: self.init("\(error)", code: .data)
        case let error as ChildStartError: self.init("\(error)", code: .unavailable)
        case let error as EngineError: self.init("\(error)", hint: error.hint, code: Self.code(for: error.cause))
        case let error as WorkbenchError: self.init("\(error)", hint: error.hint, code: Self.code(for: error.kind))
        case let error as RunStoreError: self = Self.explain(error)
        case let error as RecorderError: self = Self.explain(error)
        case let error as EntryProblems: self.init("\(error)", hint: Self.entryHint, code: .data)
        default:
            guard let failure = Self.explainImages(error) else { return nil }
            self = failure
        }
    }

    /// Errors of the modules that make and move images.
    private static func explainImages(_ error: any Error) -> Failure? {
        switch error {
        case let error as ImageBuildError:
            let detail = error.detail.map { "\n" + $0 } ?? ""
            return Failure("\(error)\(detail)", hint: error.hint, code: code(for: error.kind))
        case let error as BaseSystemError:
            let detail = error.detail.map { "\n" + $0 } ?? ""
            return Failure("\(error)\(detail)", hint: error.hint, code: code(for: error.kind))
        case let error as BaseLockError:
            return Failure("\(error)", hint: error.hint, code: error.kind == .missing ? .missing : .data)
        case let error as WheelError:
            return Failure(
                "\(error)", hint: "the file is damaged or not what its index says; lock again: bunsen lock --upgrade",
                code: .data)
        case let error as SnapshotError: return Failure("\(error)", hint: error.hint, code: .data)
        case let error as LayerArchiveError: return Failure("\(error)", code: .data)
        case let error as OCIModelError: return Failure("\(error)", code: .usage)
        case let error as OCIRegistryError:
            return Failure("\(error)", hint: hint(for: error), code: error.isMissing ? .missing : .unavailable)
        case let error as HTTPTransferError: return Failure("\(error)", code: .unavailable)
        case let error as ContentStoreError: return explain(error)
        case let error as ProjectExportError:
            return Failure(
                "\(error)", hint: "take it out of run.env and give it when a container is started", code: .data)
        default: return nil
        }
    }

    private static func code(for cause: EngineError.Cause) -> ExitCode {
        switch cause {
        case .refused: .data
        case .unusable: .unavailable
        case .missing, .ended: .missing
        case .noCommand: .commandNotFound
        case .notExecutable: .notExecutable
        case .notUnderstood: .usage
        case .said, .badAnswer: .failure
        }
    }

    private static func code(for kind: WorkbenchError.Kind) -> ExitCode {
        switch kind {
        case .notUnderstood: .usage
        case .missing: .missing
        case .unavailable: .unavailable
        case .refused: .data
        case .broken: .failure
        }
    }

    private static func hint(for error: OCIRegistryError) -> String? {
        let host = error.place.prefix { $0 != "/" }
        return switch error.cause {
        case .unauthorized(let hadCredentials, _):
            hadCredentials
                ? "look at the name and the password: bunsen login \(host) -u NAME"
                : "log in: bunsen login \(host) -u NAME"
        case .transfer(let transfer): hint(for: transfer, host: host)
        case .denied: "ask who runs the registry for the right to do this"
        case .missing: "look at the name, and at the tags: bunsen image list REPOSITORY"
        case .tooLarge: "the registry, or a proxy before it, limits uploads"
        case .busy: "try again later; what was sent is kept"
        default: nil
        }
    }

    private static func hint(for error: HTTPTransferError, host: Substring) -> String? {
        switch error.cause {
        case .tls(_, isCertificate: true):
            "trust its authority: put its certificate in /etc/docker/certs.d/\(host)/ca.crt"
                + ", or, where nobody else can listen: --insecure-registry \(host)"
        case .unreachable: "look at the name and the port, and whether the registry runs"
        default: nil
        }
    }

    private static func code(for kind: ImageBuildError.Kind) -> ExitCode {
        switch kind {
        case .notAWheel, .wrongWheel, .unusableBase, .proof, .importFailed, .tooManyLayers: .data
        case .wheelUnavailable, .noPython, .missingTool: .unavailable
        }
    }

    private static func code(for kind: BaseSystemError.Kind) -> ExitCode {
        switch kind {
        case .missingPackage, .impossible, .withdrawn, .hashMismatch, .unusableInput, .unverified: .data
        case .missingTool, .noNamespaces, .noMirror, .noNetwork, .noPython: .unavailable
        case .diskFull: .inputOutput
        case .interrupted, .other: .failure
        }
    }

    static let entryHint =
        "mend the entry, or write it anew and keep yours beside it: bunsen record RUN --force"

    private static func explain(_ error: RecorderError) -> Failure {
        switch error.cause {
        case let cause as EntryProblems: return Failure("\(cause)", hint: entryHint, code: .data)
        case let cause as SystemError: return Failure("\(error)", hint: hint(for: cause), code: .inputOutput)
        default: return Failure("\(error)", code: .inputOutput)
        }
    }

    private static func explain(_ error: ContentStoreError) -> Failure {
        switch error.cause {
        case .missing:
            Failure("\(error)", hint: "it may have been pruned: build or pull the image again", code: .missing)
        case .wrongDigest, .wrongSize, .tooLong:
            Failure("\(error)", hint: "once more; if it stays so, look for damage: bunsen store check", code: .data)
        case .badName: Failure("\(error)", code: .data)
        case .inUse: Failure("\(error)", code: .notNow)
        }
    }

    private static func explain(_ error: RunStoreError) -> Failure {
        switch error {
        case .runNotFound: Failure("\(error)", hint: "list them: bunsen runs", code: .missing)
        case .runAmbiguous: Failure("\(error)", hint: "write more of the id", code: .usage)
        case .runStillRunning: Failure("\(error)", hint: "stop it first, or use --force", code: .notNow)
        case .query:
            Failure("\(error)", hint: "such as: --filter \"status=failed lr>1e-4\" --sort val_acc:desc", code: .usage)
        case .manifestDamaged: Failure("\(error)", code: .data)
        case .fileInUse: Failure("\(error)", code: .notNow)
        case .fileBecameShorter: Failure("\(error)", code: .inputOutput)
        }
    }

    private static func hint(for error: SystemError) -> String? {
        switch error.code {
        case ENOSPC: "free some space: df -h \(Files.parent(of: error.subject) ?? ".")"
        case EROFS, EACCES, EPERM: "look at who may write there: ls -ld \(Files.parent(of: error.subject) ?? ".")"
        default: nil
        }
    }

    private static func code(for kind: ResolverError.Kind) -> ExitCode {
        switch kind {
        case .impossible, .missingPackage, .withdrawn, .unusableInput, .hashMismatch: .data
        case .noNetwork, .timeout, .serverError, .authentication, .certificate, .noPython, .noUV: .unavailable
        case .diskFull: .inputOutput
        case .interrupted, .other: .failure
        }
    }
}
