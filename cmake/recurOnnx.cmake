# Makes recur_onnx_messages: the messages of the ONNX format, compiled from onnx.proto by protobuf, if protobuf is there.
# An installed copy compiles them in the project that uses it, since the code fits one version of protobuf.
function(recur_add_onnx_messages proto)
  if(NOT TARGET protobuf::libprotobuf-lite)
    find_package(Protobuf CONFIG QUIET)  # it knows what protobuf 22 and newer need as well
  endif()
  if(NOT TARGET protobuf::libprotobuf-lite OR NOT TARGET protobuf::protoc)  # some have no protoc: it may be in PATH
    find_package(Protobuf QUIET)
  endif()
  if(NOT TARGET protobuf::libprotobuf-lite OR NOT TARGET protobuf::protoc)
    return()
  endif()
  if(TARGET recur_onnx_messages)  # another folder of the project asked for it
    return()
  endif()
  get_filename_component(proto_dir ${proto} DIRECTORY)
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/recur_onnx)
  set(made ${dir}/recur_messages/onnx.pb.cc ${dir}/recur_messages/onnx.pb.h)
  file(MAKE_DIRECTORY ${dir}/recur_messages)
  add_custom_command(OUTPUT ${made} DEPENDS ${proto} VERBATIM
                     COMMAND protobuf::protoc --proto_path=${proto_dir} --cpp_out=${dir}/recur_messages ${proto})
  add_library(recur_onnx_messages STATIC EXCLUDE_FROM_ALL ${made})
  # A system header, and compiled without the warnings of the project.
  target_include_directories(recur_onnx_messages SYSTEM PUBLIC ${dir})
  target_link_libraries(recur_onnx_messages PUBLIC protobuf::libprotobuf-lite)
  set_target_properties(recur_onnx_messages PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_CLANG_TIDY "" UNITY_BUILD OFF)
  if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    target_compile_options(recur_onnx_messages PRIVATE -w)
  endif()
endfunction()
