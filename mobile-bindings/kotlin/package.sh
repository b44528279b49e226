#!/usr/bin/env bash
# Makes the jar, with the release library for this machine in it, and its sources' jar:
#   mobile-bindings/kotlin/package.sh            target/kotlin/countersign-core-*.jar
#   mobile-bindings/kotlin/package.sh install    into the local Maven repository as well
# Libraries for other machines that lie in target/kotlin-natives/<JNA's name of the platform>/ go in too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cargo build --release --package mobile-bindings
natives=target/kotlin-natives
case "$(uname -s)/$(uname -m)" in
    Linux/x86_64) platform=linux-x86-64 library=libcountersign_core.so ;;
    Linux/aarch64) platform=linux-aarch64 library=libcountersign_core.so ;;
    Darwin/arm64) platform=darwin-aarch64 library=libcountersign_core.dylib ;;
    Darwin/x86_64) platform=darwin-x86-64 library=libcountersign_core.dylib ;;
    *) echo "no name for this platform" >&2; exit 1 ;;
esac
mkdir -p "$natives/$platform"
cp "target/release/$library" "$natives/$platform/"
strip -x "$natives/$platform/$library"
mvn --batch-mode --quiet --file mobile-bindings/kotlin/pom.xml -DskipTests "${1:-package}"
mkdir -p target/kotlin
cp mobile-bindings/kotlin/target/countersign-core-*.jar target/kotlin/
