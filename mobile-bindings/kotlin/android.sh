#!/usr/bin/env bash
# Builds the engine for Android into the jniLibs of an app:
#   mobile-bindings/kotlin/android.sh app/src/main
# Needs the NDK (ANDROID_NDK_HOME), `cargo install cargo-ndk`, and
#   rustup target add aarch64-linux-android armv7-linux-androideabi x86_64-linux-android
# What it leaves:
#   app/src/main/jniLibs/{arm64-v8a,armeabi-v7a,x86_64}/libcountersign_core.so
#   app/src/main/kotlin/dev/countersign/*.kt
# The app's build.gradle.kts depends on
#   net.java.dev.jna:jna:5.17.0@aar and org.jetbrains.kotlinx:kotlinx-coroutines-android:1.10.2
# and its ProGuard rules keep what JNA finds by name:
#   -keep class com.sun.jna.** { *; }
#   -keep class dev.countersign.** { *; }
set -euo pipefail
main="$(realpath "${1:?where the app has its src/main}")"
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# 24: the oldest Android that the current NDK builds well for. 16 KiB pages: what Android 15 asks for.
RUSTFLAGS="${RUSTFLAGS:-} -C link-arg=-Wl,-z,max-page-size=16384" \
    cargo ndk --platform 24 --target arm64-v8a --target armeabi-v7a --target x86_64 \
    --output-dir "$main/jniLibs" build --release --package mobile-bindings
mkdir -p "$main/kotlin/dev/countersign"
cp mobile-bindings/kotlin/src/main/kotlin/dev/countersign/*.kt "$main/kotlin/dev/countersign/"
