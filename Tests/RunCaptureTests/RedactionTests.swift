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
