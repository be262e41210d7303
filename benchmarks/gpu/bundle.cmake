# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# Builds the bundle's source/ from the bundle's deps/, beside which this file lies, before anything of the system:
#   cmake -S source -B BUILD -G Ninja -DCMAKE_PROJECT_TOP_LEVEL_INCLUDES=$PWD/bundle.cmake
set(ANAMORPH_BUNDLE ${CMAKE_CURRENT_LIST_DIR})
list(PREPEND CMAKE_PREFIX_PATH ${ANAMORPH_BUNDLE}/deps)
set(ANAMORPH_HDF5 OFF)        # too long a tail of shared libraries
set(ANAMORPH_TWIN OFF)        # units are not what is measured there
set(ANAMORPH_BENCHMARKS OFF)  # they need Google Benchmark; `anamorph bench` does not
file(READ ${ANAMORPH_BUNDLE}/MANIFEST.json manifest)
string(JSON ANAMORPH_COMMIT GET ${manifest} commit)

# GoogleTest is carried as source and built with the tests.
macro(anamorph_bundle_package method package)
  if("${package}" STREQUAL "GTest")
    find_package(Threads REQUIRED)
    add_library(gtest_main STATIC ${ANAMORPH_BUNDLE}/deps/src/gtest-all.cc ${ANAMORPH_BUNDLE}/deps/src/gtest_main.cc)
    target_include_directories(gtest_main PRIVATE ${ANAMORPH_BUNDLE}/deps)  # gtest-all.cc includes src/*.cc
    target_include_directories(gtest_main SYSTEM PUBLIC ${ANAMORPH_BUNDLE}/deps/include)
    target_link_libraries(gtest_main PUBLIC Threads::Threads)
    add_library(GTest::gtest_main ALIAS gtest_main)
    set(GTest_FOUND ON)
  endif()
endmacro()
cmake_language(SET_DEPENDENCY_PROVIDER anamorph_bundle_package SUPPORTED_METHODS FIND_PACKAGE)
