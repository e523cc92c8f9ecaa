# Formats of models that need a library more. A program links the target of the header that it includes:
#
#   recur::torch   recur/exchange/torch.hpp   libzip
#   recur::keras   recur/exchange/keras.hpp   libzip
#   recur::onnx    recur/exchange/onnx.hpp    protobuf
#
# A target is there if its libraries were found. It defines RECUR_HAS_TORCH, RECUR_HAS_KERAS or RECUR_HAS_ONNX, by which
# recur/exchange/any_file.hpp knows what it can read. recur's own programs link the libraries alone: recur_zip, and
# recur_hdf5, with which the tests write files.

# What CMake and Debian know of libzip and HDF5 wants more than is needed: tools of libzip, a compiler of C.
find_path(RECUR_ZIP_INCLUDE zip.h)
find_library(RECUR_ZIP zip)
find_path(RECUR_HDF5_INCLUDE hdf5.h PATH_SUFFIXES hdf5/serial)
find_library(RECUR_HDF5 NAMES hdf5_serial hdf5 PATH_SUFFIXES hdf5/serial)
mark_as_advanced(RECUR_ZIP_INCLUDE RECUR_ZIP RECUR_HDF5_INCLUDE RECUR_HDF5)
if(DEFINED VCPKG_TARGET_TRIPLET)  # a static libzip needs other libraries, which its own file names
  find_package(libzip CONFIG QUIET)
  if(TARGET libzip::zip)
    set(RECUR_ZIP libzip::zip)
  endif()
endif()

foreach(library zip hdf5)
  string(TOUPPER ${library} name)
  if(RECUR_${name} AND RECUR_${name}_INCLUDE)
    add_library(recur_${library} INTERFACE)
    target_include_directories(recur_${library} SYSTEM INTERFACE ${RECUR_${name}_INCLUDE})
    target_link_libraries(recur_${library} INTERFACE ${RECUR_${name}})
  endif()
endforeach()

if(RECUR_BUILD_TESTS AND NOT TARGET recur_hdf5)
  message(STATUS "recur: leaves out some tests of Keras' files, which need HDF5")
endif()

# recur_format(FORMAT LIBRARY NAME): the format needs that target; NAME is what a user knows it by.
function(recur_format format library name_of_library)
  if(NOT TARGET ${library})
    message(STATUS "recur: does without recur::${format}, which needs ${name_of_library}")
    return()
  endif()
  add_library(recur_${format} INTERFACE)
  add_library(recur::${format} ALIAS recur_${format})
  target_link_libraries(recur_${format} INTERFACE recur ${library})
  string(TOUPPER ${format} name)
  target_compile_definitions(recur_${format} INTERFACE RECUR_HAS_${name})
endfunction()
recur_format(torch recur_zip libzip)
recur_format(keras recur_zip libzip)

include(${CMAKE_CURRENT_LIST_DIR}/recurOnnx.cmake)
recur_add_onnx_messages(${PROJECT_SOURCE_DIR}/source/onnx.proto)
recur_format(onnx recur_onnx_messages "protobuf and protoc")
