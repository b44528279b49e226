#!/usr/bin/env bash
# Makes CountersignCore.xcframework of the static library, for iPhones and the simulator. Needs macOS, Xcode and
#   rustup target add aarch64-apple-ios aarch64-apple-ios-sim
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
headers=mobile-bindings/swift/Sources/CountersignCore
arguments=()
for target in aarch64-apple-ios aarch64-apple-ios-sim; do
    cargo rustc --release --package mobile-bindings --lib --crate-type staticlib --target "$target"
    arguments+=(-library "target/$target/release/libcountersign_core.a" -headers "$headers")
done
rm -rf target/CountersignCore.xcframework
xcodebuild -create-xcframework "${arguments[@]}" -output target/CountersignCore.xcframework
