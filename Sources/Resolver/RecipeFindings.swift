import HostSystem
import RecipeModel

extension Resolver {
    /// What a new recipe has to know of this machine and this folder. Whatever cannot be found out is left open: a draft
    /// needs no network.
    ///
    /// - Parameters:
    ///   - folder: where the recipe will be.
    ///   - driver: the version of the NVIDIA driver; nil without one.
    package func findings(folder: String, driver: String?) -> RecipeDraft.Findings {
        var findings = RecipeDraft.Findings(folderName: Files.name(of: folder))
        findings.hasRequirementsFile = Files.exists("\(folder)/requirements.txt")
        findings.hasProjectFile = Files.exists("\(folder)/pyproject.toml")
        findings.driver = driver.flatMap(DriverTable.Version.init)
        guard let uv = try? UVTool.find(home: home, environment: variables, progress: progress) else { return findings }
        findings.pythons = ((try? PythonInterpreter.installed(uv)) ?? []).map(\.version)
        for wheel in LocalWheels(findLinks: uv.environment.findLinks, architecture: machineArchitecture()).cpuTorch {
            let known = findings.localTorch[wheel.python]
            findings.localTorch[wheel.python] = max(known ?? wheel.version, wheel.version)
        }
        return findings
    }
}
