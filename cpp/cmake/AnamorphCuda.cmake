# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Anamorph authors
# Looks for CUDA. Sets ANAMORPH_HAS_CUDA; where it is ON, the language CUDA is enabled and CUDAToolkit was found.
include(CheckLanguage)

set(ANAMORPH_HAS_CUDA OFF)
if(NOT ANAMORPH_CUDA)
  return()
endif()

# No device need be visible where the program is built. Machine code for each of these, and for what comes later the
# intermediate code of the last.
set(CMAKE_CUDA_ARCHITECTURES "80-real;90-real;100-real;120" CACHE STRING "CUDA architectures to build for")

if(NOT DEFINED CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  find_program(ANAMORPH_NVCC nvcc HINTS ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
  mark_as_advanced(ANAMORPH_NVCC)
  if(ANAMORPH_NVCC)
    set(CMAKE_CUDA_COMPILER ${ANAMORPH_NVCC})
  endif()
endif()
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  message(STATUS "CUDA backend: not built, there is no nvcc that works")
  return()
endif()
enable_language(CUDA)
# CMake 3.25 does not know that nvcc speaks C++20.
foreach(kind STANDARD EXTENSION)
  if(NOT CMAKE_CUDA20_${kind}_COMPILE_OPTION)
    set(CMAKE_CUDA20_${kind}_COMPILE_OPTION -std=c++20)
  endif()
endforeach()
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)

find_package(CUDAToolkit)
if(NOT TARGET CUDA::cudart_static OR NOT TARGET CUDA::cufft)
  message(STATUS "CUDA backend: not built, the toolkit lacks cudart_static or cuFFT")
  return()
endif()
set(ANAMORPH_HAS_CUDA ON)
message(STATUS "CUDA backend: built with nvcc ${CMAKE_CUDA_COMPILER_VERSION} for ${CMAKE_CUDA_ARCHITECTURES}")
