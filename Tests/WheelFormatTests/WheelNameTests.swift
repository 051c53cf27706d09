import Testing
import WheelFormat

@Suite struct WheelNameTests {
    @Test func partsAndTags() throws {
        let name = try WheelName("torch-2.8.0+cu128-cp311-cp311-manylinux_2_28_x86_64.whl")
        #expect(
            name.distribution == "torch" && name.version.normalized == "2.8.0+cu128" && name.build == nil)
        #expect(name.tags == ["cp311-cp311-manylinux_2_28_x86_64"])
        let many = try WheelName("Ruamel.Yaml_clib-1.0.post1-2build-py2.py3-none-win32.any.whl")
        #expect(many.normalizedName == "ruamel-yaml-clib" && many.build == "2build")
        #expect(many.tags == ["py2-none-win32", "py2-none-any", "py3-none-win32", "py3-none-any"])
        #expect(many.description == "Ruamel.Yaml_clib-1.0.post1-2build-py2.py3-none-win32.any.whl")
    }

    @Test(arguments: [
        "", "a.whl", "a-1.0.tar.gz", "a-1.0-py3-none.whl", "a-1.0-x-py3-none-any.whl",
        "a-1.0-1-1-py3-none-any.whl",
        "-1.0-py3-none-any.whl", "a-one-py3-none-any.whl", "a-1.0-py3--any.whl",
        "a-1.0-py3-none-any..whl",
        "../a-1.0-py3-none-any.whl", "a b-1.0-py3-none-any.whl", "a-1.0-py3-none-a/b.whl",
        "é-1.0-py3-none-any.whl",
    ])
    func whatIsNoWheelName(text: String) {
        #expect(throws: WheelError.self) { try WheelName(text) }
    }

    /// The examples of PEP 440's section on normalisation.
    @Test(arguments: [
        ("1.1RC1", "1.1rc1"), ("00", "0"), ("09000", "9000"), ("1.0+foo0100", "1.0+foo0100"),
        ("1.1.a1", "1.1a1"),
        ("1.1-a1", "1.1a1"), ("1.1alpha1", "1.1a1"), ("1.1beta2", "1.1b2"), ("1.1c3", "1.1rc3"),
        ("1.1pre", "1.1rc0"),
        ("1.2a", "1.2a0"), ("1.2-post2", "1.2.post2"), ("1.2post2", "1.2.post2"),
        ("1.0-r4", "1.0.post4"),
        ("1.2.post", "1.2.post0"), ("1.0-1", "1.0.post1"), ("1.2-dev2", "1.2.dev2"),
        ("1.2.dev", "1.2.dev0"),
        ("1.0+ubuntu-1", "1.0+ubuntu.1"), ("v1.0", "1.0"), (" 1.0\n", "1.0"), ("1!2.0", "1!2.0"),
        ("0!1", "1"),
        ("2024.01.02", "2024.1.2"), ("1.0a1.post2.dev3+l.001", "1.0a1.post2.dev3+l.1"),
        ("20240101123456789012345678901234567890", "20240101123456789012345678901234567890"),
    ])
    func versionsAreNormalized(text: String, expected: String) {
        #expect(PackageVersion(text)?.normalized == expected)
    }

    @Test(arguments: [
        "", "a", "1.", ".1", "1..0", "1.0+", "1.0+a..b", "1.0+a b", "1.0x", "1!", "1.0-", "1.0 2",
        "１.0",
    ])
    func whatIsNoVersion(text: String) {
        #expect(PackageVersion(text) == nil)
    }

    @Test func zerosAtTheEndDoNotCount() {
        #expect(
            PackageVersion("1.0") == PackageVersion("1.0.0")
                && PackageVersion("1") == PackageVersion("v1.0"))
        #expect(
            PackageVersion("1.0rc1") == PackageVersion("1.RC.1")
                && PackageVersion("1.0") != PackageVersion("1.0.1"))
        #expect(
            PackageVersion("1.0+a") != PackageVersion("1.0")
                && PackageVersion("10") != PackageVersion("1"))
    }
}
