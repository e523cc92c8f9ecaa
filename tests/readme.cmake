# Cuts the first block of C++ out of README.md, builds it and runs it. If a block of plain text follows
# before any other C++, that is what the program must print.
set(readme ${PROJECT_SOURCE_DIR}/README.md)
if(NOT EXISTS ${readme})
  return()
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${readme})

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

file(READ ${readme} rest)
cut_block(cpp program)
string(FIND "${rest}" "\n```cpp\n" next_program)
string(SUBSTRING "${rest}" 0 ${next_program} rest)
cut_block(text expected)
if(program STREQUAL "")
  return()
endif()

set(dir ${CMAKE_CURRENT_BINARY_DIR}/readme)
file(CONFIGURE OUTPUT ${dir}/readme.cpp CONTENT "@program@\n" @ONLY)
file(CONFIGURE OUTPUT ${dir}/expected.txt CONTENT "@expected@\n" @ONLY)
add_executable(recur_readme ${dir}/readme.cpp)
target_link_libraries(recur_readme PRIVATE recur_development)
target_compile_options(recur_readme PRIVATE ${readme_flags})
add_test(NAME readme COMMAND ${CMAKE_COMMAND} -D program=$<TARGET_FILE:recur_readme>
                             -D expected=${dir}/expected.txt -P ${CMAKE_CURRENT_SOURCE_DIR}/prints.cmake)

# With the compiled library, the same program prints the same.
add_executable(recur_readme_compiled ${dir}/readme.cpp $<TARGET_OBJECTS:recur_tests_compiled>)
target_link_libraries(recur_readme_compiled PRIVATE recur_development)
target_compile_definitions(recur_readme_compiled PRIVATE RECUR_COMPILED)
add_test(NAME readme_compiled COMMAND ${CMAKE_COMMAND} -D program=$<TARGET_FILE:recur_readme_compiled>
                                      -D expected=${dir}/expected.txt -P ${CMAKE_CURRENT_SOURCE_DIR}/prints.cmake)
