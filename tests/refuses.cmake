# cmake -D "command=..." -D "says=..." -P refuses.cmake
# Fails unless `command` fails, says each of `says`, and does so in at most 40 lines.
execute_process(COMMAND ${command} RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
string(REGEX MATCHALL "\n" lines "${said}")
list(LENGTH lines count)
foreach(part IN LISTS says)
  string(FIND "${said}" "${part}" found)
  if(result EQUAL 0 OR found LESS 0 OR count GREATER 40)
    message(FATAL_ERROR "ended with ${result} and said in ${count} lines\n${said}\nwhere it should fail with\n${part}")
  endif()
endforeach()
