# How recur's own programs are built. Each links recur_development, which no other project sees.
if(PROJECT_IS_TOP_LEVEL)
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(NOT multi_config AND NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
  endif()
  find_program(RECUR_CCACHE ccache)
  if(RECUR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # By default, ccache takes two files for the same if they differ only in comments. A precompiled header is then the one
    # of the old file, and g++ includes the new file a second time. CCACHE_DEPEND compares the files themselves.
    # -march=native means another processor on another machine, so the namespace contains what it means here.
    execute_process(COMMAND ${CMAKE_CXX_COMPILER} -march=native -dM -E -x c++ /dev/null
                    OUTPUT_VARIABLE native ERROR_QUIET)
    string(MD5 native "${native}")
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_DEPEND=1 CCACHE_NAMESPACE=recur-${native}
        CCACHE_SLOPPINESS=pch_defines,time_macros ${RECUR_CCACHE})
  endif()
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

# The same as recur::recur, but recur's headers are ordinary ones and may warn. Eigen's are system headers.
add_library(recur_development INTERFACE)
target_include_directories(recur_development INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_compile_features(recur_development INTERFACE cxx_std_20)
get_target_property(recur_links recur INTERFACE_LINK_LIBRARIES)
target_link_libraries(recur_development INTERFACE ${recur_links})

if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  target_compile_options(recur_development INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                                                     $<$<BOOL:${RECUR_WERROR}>:-Werror>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC searches its memory for what it no longer needs only when it has taken half a gigabyte, which saves some 5 % of the time.
  target_compile_options(recur_development INTERFACE "SHELL:--param ggc-min-heapsize=524288")
endif()
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Eigen counts with signed numbers and the standard library with unsigned ones. With GCC, -Wconversion does
  # not warn where they meet.
  target_compile_options(recur_development INTERFACE -Wno-sign-conversion)
endif()

if(RECUR_NATIVE AND NOT MINGW)  # whose programs may crash with AVX: docs/processors.md
  include(CheckCXXCompilerFlag)
  check_cxx_compiler_flag(-march=native RECUR_HAS_MARCH_NATIVE)
  if(RECUR_HAS_MARCH_NATIVE)
    target_compile_options(recur_development INTERFACE -march=native)
  endif()
endif()

# Files of sound: io/wav.hpp, its test and the example speech need libsndfile. Debian has no package file of CMake for it.
find_path(RECUR_SNDFILE_INCLUDE sndfile.h)
find_library(RECUR_SNDFILE sndfile)
if(RECUR_SNDFILE AND RECUR_SNDFILE_INCLUDE)
  add_library(recur_sndfile INTERFACE)
  target_include_directories(recur_sndfile SYSTEM INTERFACE ${RECUR_SNDFILE_INCLUDE})
  target_link_libraries(recur_sndfile INTERFACE ${RECUR_SNDFILE})
else()
  message(STATUS "recur: does without libsndfile, which was not found: no files of sound")
endif()
