# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# HDF5 for the library. FindHDF5 wants a C compiler for it; Debian has the serial build under names of its own.
find_path(ANAMORPH_HDF5_DIR hdf5.h PATH_SUFFIXES hdf5/serial REQUIRED)
find_library(ANAMORPH_HDF5_LIBRARY NAMES hdf5_serial hdf5 REQUIRED)
find_library(ANAMORPH_HDF5_HL_LIBRARY NAMES hdf5_serial_hl hdf5_hl REQUIRED)

target_include_directories(anamorph_lib SYSTEM PRIVATE ${ANAMORPH_HDF5_DIR})
foreach(library ${ANAMORPH_HDF5_HL_LIBRARY} ${ANAMORPH_HDF5_LIBRARY})
  cmake_path(GET library STEM name)
  string(REGEX REPLACE "^lib" "" name ${name})
  target_link_libraries(anamorph_lib PRIVATE $<BUILD_INTERFACE:${library}> $<INSTALL_INTERFACE:${name}>)
endforeach()
