# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# What `cmake --install` puts where: the program, the library with its public headers and CMake package, data, man page.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/anamorph)
set(header_dir ${CMAKE_INSTALL_INCLUDEDIR}/anamorph)
set(data_dir ${CMAKE_INSTALL_DATADIR}/anamorph)

install(TARGETS anamorph_cli RUNTIME)
install(TARGETS anamorph_lib EXPORT anamorph ARCHIVE)

# Headers keep their path below the repository root, because that is how they include each other.
install(DIRECTORY cpp masks optics_models DESTINATION ${header_dir}
  FILES_MATCHING PATTERN "*.hpp"
  PATTERN cpp/cli EXCLUDE PATTERN cpp/backend/cpu EXCLUDE PATTERN cpp/cmake EXCLUDE PATTERN masks/patterns EXCLUDE
  PATTERN recipe_checks.hpp EXCLUDE PATTERN recipe_key.hpp EXCLUDE PATTERN recipe_table.hpp EXCLUDE)
install(DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/generated/cpp DESTINATION ${header_dir})

install(DIRECTORY masks/patterns DESTINATION ${data_dir}/masks)
install(FILES docs/man/anamorph.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(EXPORT anamorph NAMESPACE anamorph:: FILE anamorphTargets.cmake DESTINATION ${package_dir})
configure_package_config_file(cpp/cmake/anamorphConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/anamorphConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/anamorphConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/anamorphConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/anamorphConfigVersion.cmake
  DESTINATION ${package_dir})
