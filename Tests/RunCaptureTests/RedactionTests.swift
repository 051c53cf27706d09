import Testing

@testable import RunCapture

@Suite struct RedactionTests {
    @Test(arguments: ["HF_TOKEN", "WANDB_API_KEY", "--api-key", "AWS_SECRET_ACCESS_KEY", "db_password", "GITHUB_PAT"])
    func namesThatHoldSecrets(name: String) {
        #expect(Redaction.isSecretName(name))
    }

    @Test(arguments: [
        "--tokenizer", "--max-tokens", "TOKENIZERS_PARALLELISM", "lr", "PATH", "--path", "author", "num_tokens",
    ])
    func namesThatDoNot(name: String) {
        #expect(!Redaction.isSecretName(name))
    }

    @Test func secretsAreReplacedWhereverTheirValuesStand() {
        let redaction = Redaction(environment: ["MY_TOKEN": "s3cr3t-value", "HOME": "/home/me", "SHORT_TOKEN": "ab"])
        #expect(redaction.redacted("curl -H s3cr3t-value /home/me ab") == "curl -H [redacted] /home/me ab")
    }

    /// A shell's function may be called as a secret is. Its lines are nobody's secret.
    @Test func onlySecretsThatWereNamedAreReplacedLineByLine() {
        let function = "() { echo one;\n    return 0\n}"
        let guessed = Redaction(environment: ["BASH_FUNC_token%%": function])
        #expect(guessed.redacted("+    return 0\n") == "+    return 0\n")
        #expect(guessed.redacted("<\(function)>") == "<[redacted]>")
        let named = Redaction(environment: [:], secrets: [function])
        #expect(named.redacted("+    return 0\n") == "+[redacted]\n")
    }

    @Test func argumentsAfterSecretOptionsAreReplaced() {
        let redaction = Redaction(environment: [:])
        let arguments = ["python", "t.py", "--token", "abc", "--api-key=xyz", "password=p", "--lr", "0.1"]
        #expect(
            redaction.redacted(arguments: arguments) == [
                "python", "t.py", "--token", "[redacted]", "--api-key=[redacted]", "password=[redacted]", "--lr", "0.1",
            ])
    }

    @Test func passwordsInURLsAndMarkedKeysAreReplaced() {
        let redaction = Redaction(environment: [:])
        #expect(redaction.redacted("https://me:pw@host.example/x") == "https://[redacted]@host.example/x")
        #expect(redaction.redacted("git@host:x and https://host/a@b") == "git@host:x and https://host/a@b")
        #expect(redaction.redacted("key hf_abcdefghijklmnopqrst end") == "key [redacted] end")
        #expect(redaction.redacted("sk-short stays") == "sk-short stays")
    }

    @Test func keysStandOutOfAnyText() {
        let redaction = Redaction(environment: [:])
        #expect(redaction.redacted("密钥：hf_abcdefghijklmnopqrst。") == "密钥：[redacted]。")
        #expect(redaction.redacted("a hf_abcdefghijklmnopqrst") == "a [redacted]")
        #expect(redaction.redacted("shelf_abcdefghijklmnopqrst") == "shelf_abcdefghijklmnopqrst")
        #expect(
            redaction.redacted("x://a:b@h/ y://c:d@h hf_abcdefghijkl")
                == "x://[redacted]@h/ y://[redacted]@h [redacted]")
        #expect(redaction.redacted("x://[redacted]@h [redacted]") == "x://[redacted]@h [redacted]")
    }

    /// A patch need not be text, and may speak of redaction itself.
    @Test func bytesAroundASecretStayAsTheyAre() {
        let redaction = Redaction(environment: ["MY_TOKEN": "s3cr3t-value"])
        let around: [UInt8] = [0xff, 0x00, 0xc3]
        #expect(redaction.redacted(bytes: around + Array("[redacted]".utf8)) == nil)
        #expect(
            redaction.redacted(bytes: around + Array("[redacted] s3cr3t-value".utf8) + around)
                == around + Array("[redacted] [redacted]".utf8) + around)
    }

    @Test func onlyListedAndGivenVariablesAreRecorded() {
        let environment = [
            "CUDA_VISIBLE_DEVICES": "0", "HOME": "/h", "MINE": "1", "MINE_TOKEN": "abcdefgh", "NCCL_DEBUG": "INFO",
        ]
        let recorded = RecordedVariables.select(
            from: environment, given: ["MINE", "MINE_TOKEN"], redaction: Redaction(environment: environment))
        #expect(
            recorded == [
                "CUDA_VISIBLE_DEVICES": "0", "MINE": "1", "MINE_TOKEN": "[redacted]", "NCCL_DEBUG": "INFO",
            ])
    }
}
