import HostSystem
import TestSupport
import Testing

@testable import GPUDevices

/// The real library is only on machines with a GPU. A library with the same functions, compiled here, stands for it.
@Suite struct NVMLTests {
    private static let source = """
        #include <string.h>
        typedef void *device;
        static int a, b;
        int nvmlInit_v2(void) { return 0; }
        int nvmlShutdown(void) { return 0; }
        int nvmlDeviceGetCount_v2(unsigned *n) { *n = 2; return 0; }
        int nvmlDeviceGetHandleByIndex_v2(unsigned i, device *d) { *d = i ? &b : &a; return 0; }
        int nvmlDeviceGetName(device d, char *t, unsigned n) { strncpy(t, "NVIDIA Test 80GB", n); return 0; }
        int nvmlDeviceGetUUID(device d, char *t, unsigned n) { strncpy(t, d == &a ? "GPU-a" : "GPU-b", n); return 0; }
        int nvmlSystemGetDriverVersion(char *t, unsigned n) { strncpy(t, "580.65.06", n); return 0; }
        int nvmlDeviceGetMemoryInfo(device d, unsigned long long *m) { m[0] = 80ull << 30; m[1] = 79ull << 30; m[2] = 1ull << 30; return 0; }
        int nvmlDeviceGetUtilizationRates(device d, unsigned *u) { if (d == &b) return 3; u[0] = 97; u[1] = 12; return 0; }
        int nvmlDeviceGetPowerUsage(device d, unsigned *w) { *w = 312500; return 0; }
        int nvmlDeviceGetTemperature(device d, int sensor, unsigned *t) { *t = sensor == 0 ? 61 : 0; return 0; }
        """

    private func withLibrary(_ source: String, _ body: (String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try Files.write(source, to: "\(folder)/nvml.c")
            let path = processEnvironment()["PATH"] ?? ""
            let compiler = try #require(findExecutable("clang", searchPath: path, from: "/"), "clang comes with Swift")
            let result = try Tool(executable: compiler, environment: processEnvironment()).run(
                ["-shared", "-fPIC", "-o", "\(folder)/libnvml.so", "\(folder)/nvml.c"])
            try #require(result.succeeded, "\(result.errorText)")
            try body("\(folder)/libnvml.so")
        }
    }

    @Test func devicesAndTheirReadingsAreTold() throws {
        try withLibrary(Self.source) { library in
            let nvml = try #require(NVML(library: library))
            let inventory = nvml.inventory()
            #expect(inventory.map(\.uuid) == ["GPU-a", "GPU-b"])
            #expect(inventory[0].name == "NVIDIA Test 80GB")
            #expect(inventory[0].driver == "580.65.06")
            #expect(inventory[0].memory == 80 << 30)
            let sample = nvml.sample()
            #expect(sample[0].utilization == 97)
            #expect(sample[1].utilization == nil, "a device that does not report it, as in MIG mode")
            #expect(sample[0].memoryUsed == 1 << 30)
            #expect(sample[0].power == 312.5)
            #expect(sample[0].temperature == 61)
        }
    }

    @Test func aMachineWithoutTheLibraryHasNoNVML() {
        #expect(NVML(library: "libno-such-library.so.1") == nil)
    }

    @Test func aLibraryThatRefusesToStartIsNotUsed() throws {
        let refusing = Self.source.split(separator: "\n").map {
            $0.contains("nvmlInit_v2") ? "int nvmlInit_v2(void) { return 9; }" : $0
        }.joined(separator: "\n")
        try withLibrary(refusing) { #expect(NVML(library: $0) == nil) }
    }
}
