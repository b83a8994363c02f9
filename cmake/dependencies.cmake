# What comes from the system; scripts/setup installs it. blst has no Debian package: scripts/setup builds
# it from the sources inside a pinned npm package (docs/DEPENDENCIES.md).
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SECP256K1 REQUIRED IMPORTED_TARGET libsecp256k1)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(GMP REQUIRED IMPORTED_TARGET gmp)
pkg_check_modules(YAJL REQUIRED IMPORTED_TARGET yajl)
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)

set(PEVM_LIBRARIES Threads::Threads PkgConfig::SECP256K1 PkgConfig::CRYPTO PkgConfig::GMP)
set(PEVM_TOOL_LIBRARIES PkgConfig::YAJL PkgConfig::ARCHIVE m)

set(PEVM_BLST_DIR "${CMAKE_SOURCE_DIR}/build/deps/blst" CACHE PATH "Where scripts/setup put blst.h and libblst.a")
find_library(BLST_LIBRARY blst HINTS ${PEVM_BLST_DIR})
find_path(BLST_INCLUDE blst.h HINTS ${PEVM_BLST_DIR})
if(BLST_LIBRARY AND BLST_INCLUDE)
  list(APPEND PEVM_LIBRARIES ${BLST_LIBRARY})
  include_directories(SYSTEM ${BLST_INCLUDE})
else()
  message(FATAL_ERROR "blst is missing: run scripts/setup, it builds it into ${PEVM_BLST_DIR}")
endif()
