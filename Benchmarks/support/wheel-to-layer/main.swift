import Glibc
import HostSystem
import LayerArchive
import WheelFormat

// Makes the layer of one wheel and prints what it cost, as JSON: wheel-to-layer WHEEL OUTPUT [FORMAT]
let arguments = CommandLine.arguments
let formats: [String: LayerFormat] = ["gzip": .gzip, "estargz": .estargz, "zstd": .zstd, "tar": .tar]
guard arguments.count >= 3, let format = formats[arguments.count > 3 ? arguments[3] : "gzip"] else {
    print("usage: wheel-to-layer WHEEL OUTPUT [gzip|estargz|zstd|tar]")
    exit(2)
}
let start = monotonicSeconds()
let zip = try ZipDirectory(path: arguments[1])
let members = try MemberReader(zip)
let wheel = try Descriptor.open(arguments[1], O_RDONLY)
let output = try Descriptor.open(arguments[2], O_WRONLY | O_CREAT | O_TRUNC)
let writer = try LayerWriter(output, name: arguments[2], format: format)
let files = zip.members.filter { !$0.isFolder }.sorted { LayerPath.precedes($0.path, $1.path) }
for file in files {
    let range = try members.dataRange(of: file)
    let data = DataRange(wheel, path: arguments[1], offset: range.lowerBound, size: range.count)
    let path = "opt/venv/lib/python3.12/site-packages/\(file.path)"
    switch file.method {
    case .stored: try writer.addFile(path, mode: file.installedMode, stored: data, crc32: file.crc32)
    case .deflated:
        let content = DeflatedContent(data: data, size: file.size, crc32: file.crc32)
        try writer.addFile(path, mode: file.installedMode, deflated: content)
    }
}
let result = try writer.finish()
let seconds = monotonicSeconds() - start
var usage = rusage()
getrusage(__rusage_who_t(0), &usage)
let time = [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
print(
    """
    {"seconds": \(seconds), "cpu_seconds": \(time), "peak_mb": \(Double(usage.ru_maxrss) / 1024), \
    "bytes": \(result.uncompressedSize), "size": \(result.descriptor.size), "digest": "\(result.descriptor.digest)", \
    "diff_id": "\(result.diffID)"}
    """)
