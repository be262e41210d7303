# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# Writes generated/cpp/core/version.hpp; the commit is the one at configure time, or what ANAMORPH_COMMIT says of sources
# that are no checkout.
if(NOT ANAMORPH_COMMIT)
  execute_process(COMMAND git -C ${CMAKE_CURRENT_SOURCE_DIR} describe --always --dirty --abbrev=12
    OUTPUT_VARIABLE ANAMORPH_COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT ANAMORPH_COMMIT)
  set(ANAMORPH_COMMIT unknown)
endif()
set(ANAMORPH_BUILD_FLAGS "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_BUILD_TYPE}")
if(NOT ANAMORPH_HDF5)
  string(APPEND ANAMORPH_BUILD_FLAGS ", without HDF5: no fields.nc")
endif()
configure_file(cpp/core/version.hpp.in ${CMAKE_CURRENT_BINARY_DIR}/generated/cpp/core/version.hpp @ONLY)
