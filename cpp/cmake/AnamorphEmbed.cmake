# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# anamorph_embed(FOLDER TABLE...): data files FOLDER/TABLE.csv beside the calling CMakeLists.txt as C++ strings, so that
# the program needs no data folder: {file name, text} of each, in generated/<module>/<FOLDER>_data.inc.
function(anamorph_embed folder)
  file(RELATIVE_PATH module ${anamorph_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(tables "")
  foreach(table ${ARGN})
    set(file ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/${table}.csv)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} text)
    string(APPEND tables "{\"${table}.csv\", R\"table(${text})table\"},\n")
  endforeach()
  file(CONFIGURE OUTPUT ${anamorph_BINARY_DIR}/generated/${module}/${folder}_data.inc CONTENT "\${tables}")
endfunction()
