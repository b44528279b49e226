// swift-tools-version:5.9
import Foundation
import PackageDescription

// `Sources/Countersign` is generated (`cargo xtask codegen`). The library itself is CountersignCore.xcframework where ios.sh
// has made it; elsewhere, on Linux for example, libcountersign_core is looked for where `-Xlinker -L<directory>` says.
let framework = "CountersignCore.xcframework"
let isMade = FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/\(framework)")

let core: Target =
    isMade
    ? .binaryTarget(name: "CountersignCore", path: framework)
    : .systemLibrary(name: "CountersignCore", path: "Sources/CountersignCore")

let package = Package(
    name: "Countersign",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "Countersign", targets: ["Countersign"])],
    targets: [
        core,
        .target(
            name: "Countersign",
            dependencies: ["CountersignCore"],
            path: "Sources/Countersign",
            linkerSettings: isMade ? [] : [.linkedLibrary("countersign_core")]
        ),
    ]
)
