#!/usr/bin/env bash
# Usage: pkg_config.sh BUILD COMPILER PKG_CONFIG
#
# What pkg-config says of recur where `cmake --install` has put it, wherever that is: below a prefix that is given only then, in
# /usr, and in folders that are given by their whole path. Installs from BUILD, and from a build of its own, into a temporary
# folder: CMake refuses a whole path within the sources.

set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
build=$1 compiler=$2 pkg_config=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $1"; exit 1; }

# flags FOLDER PATTERN: the flags of the copy whose recur.pc is in FOLDER have the pattern, and a program finds the headers by them
flags() {
  local said
  said=$(PKG_CONFIG_PATH=$1:${PKG_CONFIG_PATH-} "$pkg_config" --cflags recur)
  [[ $said == *$2* ]] || fail "no '$2' in '$said'"
  echo '#include <recur/core/version.hpp>' >"$work/program.cpp"
  # shellcheck disable=SC2086 # they are words
  "$compiler" -std=c++20 -fsyntax-only "$work/program.cpp" $said
}
# configure [options of cmake]: the build of its own
configure() {
  cmake -S "$source" -B "$work/build" -DCMAKE_CXX_COMPILER="$compiler" -DRECUR_BUILD_TESTS=OFF -DRECUR_BUILD_EXAMPLES=OFF "$@" >/dev/null
}
# suits EXPECTED: what the build's file of versions says to a project of another architecture
suits() {
  printf 'cmake_minimum_required(VERSION 3.22)\nset(CMAKE_SIZEOF_VOID_P 1)\ninclude("%s")\nmessage("unsuitable: ${PACKAGE_VERSION_UNSUITABLE}")\n' \
    "$work/build/recurConfigVersion.cmake" >"$work/asks.cmake"
  local said
  said=$(cmake -P "$work/asks.cmake" 2>&1)
  [[ $said == "$1" ]] || fail "for another architecture: '$said' and not '$1'"
}

cmake --install "$build" --prefix "$work/given" >/dev/null
flags "$work/given/share/pkgconfig" "-isystem $work/given/"
mv "$work/given" "$work/moved"
flags "$work/moved/share/pkgconfig" "-isystem $work/moved/"

# In /usr: -isystem /usr/include would hide the headers of the standard library. DESTDIR puts it all elsewhere.
DESTDIR=$work/root cmake --install "$build" --prefix /usr >/dev/null
flags "$work/root/usr/share/pkgconfig" "-I$work/root/usr/"
grep -q isystem "$work/root/usr/share/pkgconfig/recur.pc" && fail "in /usr it says -isystem"
configure -DCMAKE_INSTALL_PREFIX=/usr
cmake --install "$work/build" --prefix "$work/not_usr" >/dev/null
flags "$work/not_usr/share/pkgconfig" "-isystem $work/not_usr/"

configure -DCMAKE_INSTALL_PREFIX="$work/prefix" -DCMAKE_INSTALL_INCLUDEDIR="$work/headers"
cmake --install "$work/build" >/dev/null
flags "$work/prefix/share/pkgconfig" "-isystem $work/headers "
configure -DCMAKE_INSTALL_PREFIX="$work/other" -DCMAKE_INSTALL_INCLUDEDIR=include -DCMAKE_INSTALL_DATADIR="$work/share"
cmake --install "$work/build" >/dev/null
flags "$work/share/pkgconfig" "-isystem $work/other/include "

# Headers are for any architecture, a library is for one.
suits "unsuitable: "
configure -DRECUR_INSTALL_COMPILED=ON
suits "unsuitable: TRUE"
