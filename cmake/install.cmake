# Installs the headers, and two ways to find them: find_package(recur) and pkg-config. Nothing depends on the
# architecture or on the place of installation, so you may move all of it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/recur)
set(pkgconfig_dir ${CMAKE_INSTALL_DATADIR}/pkgconfig)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/recur DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp")
install(FILES ${PROJECT_SOURCE_DIR}/cmake/recurOnnx.cmake ${PROJECT_SOURCE_DIR}/source/onnx.proto DESTINATION ${package_dir})
set(license LICENSE)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(license copyright)  # as Debian calls it
endif()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME ${license})

install(TARGETS recur EXPORT recur INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(RECUR_INSTALL_COMPILED)  # the library fits only one architecture and instruction set
  install(TARGETS recur_compiled EXPORT recur DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(EXPORT recur NAMESPACE recur:: FILE recurTargets.cmake DESTINATION ${package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/recurConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/recurConfig.cmake INSTALL_DESTINATION ${package_dir})
set(compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0)  # docs/stable.md
  set(compatibility SameMinorVersion)
endif()
set(architecture ARCH_INDEPENDENT)
if(RECUR_INSTALL_COMPILED)
  set(architecture)
endif()
write_basic_package_version_file(${PROJECT_BINARY_DIR}/recurConfigVersion.cmake COMPATIBILITY ${compatibility} ${architecture})
install(FILES ${PROJECT_BINARY_DIR}/recurConfig.cmake ${PROJECT_BINARY_DIR}/recurConfigVersion.cmake
        DESTINATION ${package_dir})

# The file for pkg-config says where the headers are from where it lies itself. Folders may also be given by their whole path.
if(IS_ABSOLUTE "${pkgconfig_dir}")
  set(pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  # Only the way up counts. CMake on Windows takes "/" alone for no whole path.
  file(RELATIVE_PATH pc_prefix "/_/${pkgconfig_dir}" /_)
  string(REGEX REPLACE "/$" "" pc_prefix "\${pcfiledir}/${pc_prefix}")
endif()
set(pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(pc_includedir ${CMAKE_INSTALL_INCLUDEDIR})
endif()
# They are system headers, as for users of CMake. In /usr/include all headers are, and with -isystem /usr/include g++ would no
# longer find its own headers. Only `cmake --install` knows where they go: it takes one of two files.
set(include_flag "-isystem ")
configure_file(${PROJECT_SOURCE_DIR}/cmake/recur.pc.in ${PROJECT_BINARY_DIR}/pkgconfig/recur.pc @ONLY)
set(include_flag -I)
configure_file(${PROJECT_SOURCE_DIR}/cmake/recur.pc.in ${PROJECT_BINARY_DIR}/pkgconfig/usr/recur.pc @ONLY)
install(CODE "
  set(file \"${PROJECT_BINARY_DIR}/pkgconfig/recur.pc\")
  set(file_for_usr \"${PROJECT_BINARY_DIR}/pkgconfig/usr/recur.pc\")
  set(include_dir \"${CMAKE_INSTALL_INCLUDEDIR}\")
  set(pkgconfig_dir \"${pkgconfig_dir}\")")
install(CODE [[
  cmake_path(ABSOLUTE_PATH include_dir BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" NORMALIZE)
  cmake_path(ABSOLUTE_PATH pkgconfig_dir BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}")
  if(include_dir STREQUAL "/usr/include")
    set(file "${file_for_usr}")
  endif()
  file(INSTALL "${file}" DESTINATION "${pkgconfig_dir}")]])
