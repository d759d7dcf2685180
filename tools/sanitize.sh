#!/bin/sh
# SPDX-License-Identifier: MIT
# The native tests under AddressSanitizer and UBSan (Linux, g++).
exec node "$(dirname "$0")/cmake_build.mjs" --sanitize "$@"
