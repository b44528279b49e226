#!/usr/bin/env bash
# Makes CountersignCore.xcframework beside Package.swift, which uses it from then on: static libraries for iPhones, the
# simulator on both kinds of Mac, and macOS. Needs macOS, Xcode and
#   rustup target add aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios aarch64-apple-darwin
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# As Package.swift says.
export IPHONEOS_DEPLOYMENT_TARGET=15.0 MACOSX_DEPLOYMENT_TARGET=12.0
headers=mobile-bindings/swift/Sources/CountersignCore
framework=mobile-bindings/swift/CountersignCore.xcframework
library=release/libcountersign_core.a
for target in aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios aarch64-apple-darwin; do
    cargo rustc --release --package mobile-bindings --lib --crate-type staticlib --target "$target"
done
# One library per platform: the simulator's two architectures are one.
mkdir -p target/ios-simulator
lipo -create "target/aarch64-apple-ios-sim/$library" "target/x86_64-apple-ios/$library" \
    -output target/ios-simulator/libcountersign_core.a
rm -rf "$framework"
xcodebuild -create-xcframework \
    -library "target/aarch64-apple-ios/$library" -headers "$headers" \
    -library target/ios-simulator/libcountersign_core.a -headers "$headers" \
    -library "target/aarch64-apple-darwin/$library" -headers "$headers" \
    -output "$framework"
