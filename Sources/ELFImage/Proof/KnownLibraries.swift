/// What is known of libraries by their names.
enum KnownLibraries {
    /// Libraries that come with the GPU's driver: the container runtime mounts them when a container starts.
    static func comesWithDriver(_ name: String) -> Bool {
        driverNames.contains(name) || driverPrefixes.contains { name.hasPrefix($0) }
    }

    private static let driverNames: Set<String> = [
        "libcuda.so", "libcuda.so.1", "libnvcuvid.so", "libnvcuvid.so.1", "libnvoptix.so.1",
    ]
    private static let driverPrefixes = [
        "libnvidia-", "libcudadebugger.so", "libGLX_nvidia.so", "libEGL_nvidia.so", "libGLESv2_nvidia.so",
    ]

    /// Libraries of special hardware, clusters and media tools, which packages look for and do without. A file that needs
    /// one is a plug-in.
    static func isOptional(_ name: String) -> Bool { optionalStems.contains(stem(name)) }

    private static let optionalStems: Set<String> = [
        // networks of clusters
        "libibverbs", "librdmacm", "libmlx5", "libefa", "libfabric", "libucp", "libucs", "libuct", "libucm",
        "libnccl-net",
        "libmpi", "libmpi_cxx", "liboshmem", "libpmix", "libpmi2", "libgdrapi", "libpsm2", "libibumad", "libhwloc",
        // media
        "libavcodec", "libavdevice", "libavfilter", "libavformat", "libavutil", "libswresample", "libswscale",
        "libsox",
        // threads and accelerators that are chosen when they are there
        "libtbb", "libtbbmalloc", "libsycl", "libze_loader", "libOpenCL", "libamdhip64", "librocblas", "libiomp5",
        // windows and dialogs in Python's own library
        "libtk8.6", "libtcl8.6", "libX11", "libgdbm", "libgdbm_compat", "libdb-5.3",
    ]

    /// The package of Debian that has a library which wheels expect of the system.
    static func debianPackage(_ name: String) -> String? { debianPackages[name] }

    private static let debianPackages = [
        "libGL.so.1": "libgl1", "libEGL.so.1": "libegl1", "libGLX.so.0": "libglx0", "libOpenGL.so.0": "libopengl0",
        "libglib-2.0.so.0": "libglib2.0-0", "libgthread-2.0.so.0": "libglib2.0-0",
        "libgobject-2.0.so.0": "libglib2.0-0",
        "libSM.so.6": "libsm6", "libICE.so.6": "libice6", "libXext.so.6": "libxext6", "libX11.so.6": "libx11-6",
        "libXrender.so.1": "libxrender1", "libxcb.so.1": "libxcb1", "libfontconfig.so.1": "libfontconfig1",
        "libfreetype.so.6": "libfreetype6", "libgomp.so.1": "libgomp1", "libstdc++.so.6": "libstdc++6",
        "libgcc_s.so.1": "libgcc-s1", "libgfortran.so.5": "libgfortran5", "libquadmath.so.0": "libquadmath0",
        "libsndfile.so.1": "libsndfile1", "libportaudio.so.2": "libportaudio2", "libnuma.so.1": "libnuma1",
        "libopenblas.so.0": "libopenblas0", "liblapack.so.3": "liblapack3", "libblas.so.3": "libblas3",
        "libz.so.1": "zlib1g", "libbz2.so.1.0": "libbz2-1.0", "liblzma.so.5": "liblzma5", "libffi.so.8": "libffi8",
        "libssl.so.3": "libssl3", "libcrypto.so.3": "libssl3", "libsqlite3.so.0": "libsqlite3-0",
        "libexpat.so.1": "libexpat1", "libuuid.so.1": "libuuid1", "libgdbm.so.6": "libgdbm6",
        "libtk8.6.so": "libtk8.6",
        "libjpeg.so.62": "libjpeg62-turbo", "libpng16.so.16": "libpng16-16", "libtiff.so.6": "libtiff6",
        "libgeos_c.so.1": "libgeos-c1v5", "libspatialindex.so.6": "libspatialindex6", "libcurl.so.4": "libcurl4",
        "libibverbs.so.1": "libibverbs1", "librdmacm.so.1": "librdmacm1", "libmlx5.so.1": "ibverbs-providers",
        "libtbb.so.12": "libtbb12", "libncursesw.so.6": "libncursesw6", "libtinfo.so.6": "libtinfo6",
        "libreadline.so.8": "libreadline8",
    ]

    /// The name up to `.so`: what versions of a library have in common.
    static func stem(_ name: String) -> String {
        guard let range = name.utf8.firstRange(of: ".so".utf8) else { return name }
        return String(name[..<range.lowerBound])
    }

    /// The CUDA release that a library of CUDA belongs to, where its name says so: 11 for `libcudart.so.11.0`.
    static func cudaMajor(_ name: String) -> Int? {
        guard numberedAsCUDA.contains(stem(name)), let major = version(name).first, (9...40).contains(major) else {
            return nil
        }
        return major
    }

    private static let numberedAsCUDA: Set<String> = [
        "libcudart", "libcublas", "libcublasLt", "libnvrtc", "libcupti", "libnvJitLink", "libcusparse", "libnppc",
    ]

    /// The numbers after `.so.`.
    static func version(_ name: String) -> [Int] {
        name.dropFirst(stem(name).count + 4).split(separator: ".").map { Int($0) ?? 0 }
    }
}
