import ExperimentModel
import Glibc

/// NVIDIA's management library, loaded at run time, so that one program works on machines with and without a GPU.
///
/// Source of names, types and codes: the NVML API reference (`nvml.h`, the functions with suffix `_v2` where they exist).
package final class NVML {
    private typealias Device = OpaquePointer
    private typealias Simple = @convention(c) () -> Int32
    private typealias Count = @convention(c) (UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Handle = @convention(c) (UInt32, UnsafeMutablePointer<Device?>) -> Int32
    private typealias DeviceText = @convention(c) (Device, UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias SystemText = @convention(c) (UnsafeMutablePointer<CChar>, UInt32) -> Int32
    private typealias Memory = @convention(c) (Device, UnsafeMutablePointer<UInt64>) -> Int32
    private typealias Pair = @convention(c) (Device, UnsafeMutablePointer<UInt32>) -> Int32
    private typealias Temperature = @convention(c) (Device, Int32, UnsafeMutablePointer<UInt32>) -> Int32

    private let library: UnsafeMutableRawPointer
    private let devices: [Device]
    private let memory: Memory
    private let utilization: Pair?
    private let power: Pair?
    private let temperature: Temperature?

    /// Loads and starts the library. Nil where there is none or it refuses to start (no driver, no device).
    ///
    /// - Parameter name: what `dlopen` is given; tests give a library of their own.
    package init?(library name: String = "libnvidia-ml.so.1") {
        guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { return nil }
        guard let start: Simple = Self.symbol("nvmlInit_v2", in: library),
            let count: Count = Self.symbol("nvmlDeviceGetCount_v2", in: library),
            let handle: Handle = Self.symbol("nvmlDeviceGetHandleByIndex_v2", in: library),
            let memory: Memory = Self.symbol("nvmlDeviceGetMemoryInfo", in: library),
            start() == 0
        else {
            dlclose(library)
            return nil
        }
        var number: UInt32 = 0
        var devices: [Device] = []
        if count(&number) == 0 {
            for index in 0..<min(number, 1024) {
                var device: Device?
                if handle(index, &device) == 0, let device { devices.append(device) }
            }
        }
        self.library = library
        self.devices = devices
        self.memory = memory
        utilization = Self.symbol("nvmlDeviceGetUtilizationRates", in: library)
        power = Self.symbol("nvmlDeviceGetPowerUsage", in: library)
        temperature = Self.symbol("nvmlDeviceGetTemperature", in: library)
    }

    deinit {
        if let stop: Simple = Self.symbol("nvmlShutdown", in: library) { _ = stop() }
        dlclose(library)
    }

    /// The devices of this machine, in the order of their PCI addresses.
    package func inventory() -> [RunManifest.GPU] {
        let name: DeviceText? = Self.symbol("nvmlDeviceGetName", in: library)
        let uuid: DeviceText? = Self.symbol("nvmlDeviceGetUUID", in: library)
        let driver: SystemText? = Self.symbol("nvmlSystemGetDriverVersion", in: library)
        let driverVersion = text { driver?($0, $1) ?? -1 }
        return devices.enumerated().map { index, device in
            RunManifest.GPU(
                index: index, name: text { name?(device, $0, $1) ?? -1 }, uuid: text { uuid?(device, $0, $1) ?? -1 },
                memory: memoryInfo(device).total, driver: driverVersion)
        }
    }

    /// What each device does now. Fields that a device does not report are nil.
    package func sample() -> [SystemSample.GPU] {
        devices.enumerated().map { index, device in
            let info = memoryInfo(device)
            // nvmlUtilization_t: percent of time with a kernel running, percent of time with memory traffic.
            var rates: [UInt32] = [0, 0]
            let known = utilization.map { $0(device, &rates) == 0 } ?? false
            var sample = SystemSample.GPU(
                index: index, utilization: known ? Double(rates[0]) : nil, memoryUsed: info.used,
                memoryTotal: info.total)
            var milliwatts: UInt32 = 0
            if let power, power(device, &milliwatts) == 0 { sample.power = Double(milliwatts) / 1000 }
            var degrees: UInt32 = 0
            if let temperature, temperature(device, 0, &degrees) == 0 { sample.temperature = Double(degrees) }
            return sample
        }
    }

    private func memoryInfo(_ device: Device) -> (total: UInt64, used: UInt64) {
        var info: [UInt64] = [0, 0, 0]  // nvmlMemory_t: total, free, used, in bytes
        return memory(device, &info) == 0 ? (info[0], info[2]) : (0, 0)
    }

    private func text(_ call: (UnsafeMutablePointer<CChar>, UInt32) -> Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard call(&buffer, 255) == 0 else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static func symbol<Function>(_ name: String, in library: UnsafeMutableRawPointer) -> Function? {
        dlsym(library, name).map { unsafeBitCast($0, to: Function.self) }
    }
}
