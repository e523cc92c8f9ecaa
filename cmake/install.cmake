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
write_basic_package_version_file(${PROJECT_BINARY_DIR}/recurConfigVersion.cmake
                                 COMPATIBILITY ${compatibility} ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/recurConfig.cmake ${PROJECT_BINARY_DIR}/recurConfigVersion.cmake
        DESTINATION ${package_dir})

file(RELATIVE_PATH prefix_from_pkgconfig /${pkgconfig_dir} /)
string(REGEX REPLACE "/$" "" prefix_from_pkgconfig ${prefix_from_pkgconfig})
# They are system headers, as for users of CMake. In /usr all headers are, and with -isystem /usr/include g++
# would no longer find its own headers.
set(include_flag "-isystem ")
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(include_flag "-I")
endif()
configure_file(${PROJECT_SOURCE_DIR}/cmake/recur.pc.in ${PROJECT_BINARY_DIR}/recur.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/recur.pc DESTINATION ${pkgconfig_dir})
