// swift-tools-version:5.9
import PackageDescription

// `swift run -Xlinker -L<directory of libcountersign_core>` with SERVER=http://127.0.0.1:8090 (cargo xtask demo).
let package = Package(
    name: "Visit",
    platforms: [.macOS(.v12)],
    dependencies: [.package(name: "Countersign", path: "../../swift")],
    targets: [.executableTarget(name: "Visit", dependencies: ["Countersign"])]
)
