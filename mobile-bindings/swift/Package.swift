// swift-tools-version:5.9
import PackageDescription

// `Sources` is generated (`cargo xtask codegen`). The library itself, libcountersign_core, is looked for where
// `-Xlinker -L<directory>` says; for iOS, ios.sh makes target/CountersignCore.xcframework of it.
let package = Package(
    name: "Countersign",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "Countersign", targets: ["Countersign"])],
    targets: [
        .systemLibrary(name: "CountersignCore", path: "Sources/CountersignCore"),
        .target(
            name: "Countersign",
            dependencies: ["CountersignCore"],
            path: "Sources/Countersign",
            linkerSettings: [.linkedLibrary("countersign_core")]
        ),
    ]
)
