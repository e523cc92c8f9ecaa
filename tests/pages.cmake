# The programs in README.md and in the chapters of docs/guide are built and run. Of a page, that is the first block of C++.
# If a block of plain text follows before any other C++, that is what the program must print.

# The lines between the next ```language in `rest` and the ``` after it; `rest` is left at what follows.
macro(cut_block language block)
  set(${block} "")
  string(FIND "\n${rest}" "\n```${language}\n" begin)
  if(begin GREATER_EQUAL 0)
    string(LENGTH "```${language}\n" fence)
    math(EXPR begin "${begin} + ${fence}")
    string(SUBSTRING "${rest}" ${begin} -1 rest)
    string(FIND "${rest}" "\n```" end)
    string(SUBSTRING "${rest}" 0 ${end} ${block})
    math(EXPR end "${end} + 4")
    string(SUBSTRING "${rest}" ${end} -1 rest)
  endif()
endmacro()

# recur_page(NAME FILE [sources or objects]): the target recur_NAME and the test NAME of a page, if it has a program.
function(recur_page name file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} rest)
  cut_block(cpp program)
  if(program STREQUAL "")
    return()
  endif()
  string(FIND "${rest}" "\n```cpp\n" next_program)
  string(SUBSTRING "${rest}" 0 ${next_program} rest)
  cut_block(text expected)
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/pages)
  file(CONFIGURE OUTPUT ${dir}/${name}.cpp CONTENT "@program@\n" @ONLY)
  file(CONFIGURE OUTPUT ${dir}/${name}.txt CONTENT "@expected@\n" @ONLY)
  add_executable(recur_${name} ${dir}/${name}.cpp ${ARGN})
  target_link_libraries(recur_${name} PRIVATE recur_development)
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND} -D program=$<TARGET_FILE:recur_${name}> -D expected=${dir}/${name}.txt
                                -P ${CMAKE_CURRENT_SOURCE_DIR}/prints.cmake)
endfunction()

set(readme ${PROJECT_SOURCE_DIR}/README.md)
if(NOT EXISTS ${readme})
  return()
endif()
recur_page(readme ${readme})
target_compile_options(recur_readme PRIVATE ${readme_flags})

# With the compiled library, the same program prints the same.
recur_page(readme_compiled ${readme} $<TARGET_OBJECTS:recur_tests_compiled>)
target_compile_definitions(recur_readme_compiled PRIVATE RECUR_COMPILED)

if(RECUR_TEST_SCOPE STREQUAL all)
  file(GLOB chapters CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/guide/[0-9]*.md)
  foreach(chapter IN LISTS chapters)
    cmake_path(GET chapter STEM name)
    recur_page(guide.${name} ${chapter} $<TARGET_OBJECTS:recur_tests_compiled>)
    if(TARGET recur_guide.${name})
      target_compile_definitions(recur_guide.${name} PRIVATE RECUR_COMPILED)
      target_compile_options(recur_guide.${name} PRIVATE -O0)  # the kernels are compiled already
    endif()
  endforeach()
endif()
