# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# Installs BUILD into a fresh prefix below WORK, then builds and runs the consumer of this folder against it.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -G ${GENERATOR}
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)

run(${WORK}/prefix/bin/anamorph --version)
foreach(file share/man/man1/anamorph.1 share/anamorph/masks/patterns/demo.toml)
  if(NOT EXISTS ${WORK}/prefix/${file})
    message(FATAL_ERROR "not installed: ${file}")
  endif()
endforeach()
# The package must work on another machine: no path of this one may be in it.
file(GLOB_RECURSE package ${WORK}/prefix/*.cmake)
foreach(file IN LISTS package)
  file(STRINGS ${file} lines REGEX "${SOURCE}|${BUILD}|\\.so")
  if(lines)
    message(FATAL_ERROR "${file} names a path of this machine: ${lines}")
  endif()
endforeach()
