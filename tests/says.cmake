# cmake -D "command=..." -D "says=..." -D columns=... -P says.cmake
# Fails unless `command` succeeds, prints each of `says` (line breaks don't count), and prints no line longer
# than `columns` characters, unless the program is `wide`.
execute_process(COMMAND ${CMAKE_COMMAND} -E env COLUMNS=${columns} ${command} OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "[ \n]+" " " words "${printed}")
foreach(part IN LISTS says)
  string(FIND "${words}" "${part}" found)
  if(found LESS 0)
    message(FATAL_ERROR "${command} printed\n\n${printed}\n\nwhere it should say\n\n${part}\n")
  endif()
endforeach()
string(REGEX REPLACE "[^ -~\n][^ -~\n]" "x" shape "${printed}")  # a letter such as ö has two bytes
string(REGEX REPLACE "[^\n]" "x" shape "${shape}")
string(REPEAT "x" ${columns} line)
string(FIND "${shape}" "${line}x" found)
if(found GREATER_EQUAL 0 AND NOT wide)
  message(FATAL_ERROR "${command} printed lines of more than ${columns} columns:\n\n${printed}\n")
endif()
