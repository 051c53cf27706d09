import Glibc
import HostSystem

extension ELFFacts {
    /// The facts of a file, or nil when it is none of ELF. Reads a few pages of it.
    ///
    /// - Throws: `ELFError` for a file that is damaged, `SystemError` for one that cannot be read.
    package static func read(path: String) throws -> ELFFacts? {
        try read(try Descriptor.open(path, O_RDONLY), path: path)
    }

    /// The same of a file that is open.
    ///
    /// - Parameter path: what it is, for errors.
    package static func read(_ descriptor: Descriptor, path: String) throws -> ELFFacts? {
        var parser = ELFParser(FileWindow(descriptor, path: path))
        do {
            return try parser.parse()
        } catch let error as ELFError where error.isOfShortFile {
            return nil
        }
    }
}
