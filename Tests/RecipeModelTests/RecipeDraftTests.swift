import Testing

@testable import RecipeModel

struct RecipeDraftTests {
    private func draft(
        _ change: (inout RecipeDraft.Wishes, inout RecipeDraft.Findings) -> Void
    ) throws -> (recipe: Recipe, draft: RecipeDraft) {
        var wishes = RecipeDraft.Wishes()
        var findings = RecipeDraft.Findings(folderName: "数字 digits!")
        findings.pythons = [PythonVersion(3, 11), PythonVersion(3, 13)]
        change(&wishes, &findings)
        let draft = try RecipeDraft(wishes: wishes, findings: findings)
        return (try RecipeReader.read(Array(draft.text.utf8), file: "f", folderName: "x"), draft)
    }

    @Test func withoutADriverTheCPUIsUsed() throws {
        let (recipe, draft) = try draft { _, _ in }
        #expect(recipe.cuda == .cpu)
        #expect(recipe.torch == TorchVersion("2.15"))
        #expect(recipe.python == PythonVersion(3, 13))
        #expect(recipe.name == "数字-digits-")
        #expect(draft.notices.contains { $0.contains("no NVIDIA driver") })
    }

    @Test func aLocalWheelOfTorchDecidesReleaseAndPython() throws {
        let (recipe, _) = try draft { _, findings in
            findings.localTorch = [PythonVersion(3, 11): TorchVersion(major: 2, minor: 13, patch: 0)]
        }
        #expect(recipe.torch == TorchVersion("2.13"))
        #expect(recipe.python == PythonVersion(3, 11))
    }

    @Test(arguments: [
        ("570.86", "12.8"), ("595.45.04", "13.2"), ("580.65.06", "13.0"), ("560.35", "12.6"), ("525.60.13", "11.8"),
        ("440.10", "cpu"),
    ])
    func theDriverDecidesTheBuild(driver: String, cuda: String) throws {
        let (recipe, _) = try draft { _, findings in findings.driver = DriverTable.Version(driver) }
        #expect(recipe.cuda?.description == cuda)
        #expect(recipe.warnings.isEmpty)
    }

    @Test func wishesAndFilesAreTaken() throws {
        let (recipe, _) = try draft { wishes, findings in
            wishes.torch = TorchVersion("2.8")
            wishes.cuda = .cuda(CUDAVersion(12, 6))
            wishes.from = "deps/my requirements.txt"
            findings.hasProjectFile = true
        }
        #expect(recipe.torch == TorchVersion("2.8"))
        #expect(recipe.packages == .requirements("deps/my requirements.txt"))
        #expect(
            try draft { _, findings in findings.hasProjectFile = true }.recipe.packages == .project("pyproject.toml"))
    }

    @Test func impossibleWishesAreRefused() {
        #expect(throws: TorchCompatibility.Impossible.self) {
            try draft { wishes, _ in
                wishes.torch = TorchVersion("2.8")
                wishes.cuda = .cuda(CUDAVersion(11, 8))
            }
        }
    }
}
