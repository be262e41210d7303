# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# minizip for the library: co-simulation units are zip files. Debian's package has no CMake module.
find_path(ANAMORPH_MINIZIP_DIR minizip/zip.h REQUIRED)
find_library(ANAMORPH_MINIZIP_LIBRARY minizip REQUIRED)
target_include_directories(anamorph_lib SYSTEM PRIVATE ${ANAMORPH_MINIZIP_DIR})
target_link_libraries(anamorph_lib PRIVATE $<BUILD_INTERFACE:${ANAMORPH_MINIZIP_LIBRARY}> $<INSTALL_INTERFACE:minizip>)
