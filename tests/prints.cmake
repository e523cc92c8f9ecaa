# cmake -D program=... -D expected=... [-D run_by=...] -P prints.cmake
# Fails unless `program`, which `run_by` may run (mpirun -n 2), succeeds and prints what the file `expected` holds, if it holds anything.
# Blanks at the ends of lines don't count.
execute_process(COMMAND ${run_by} ${program} OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
file(READ ${expected} wanted)
foreach(text IN ITEMS printed wanted)
  string(REGEX REPLACE "[ \t\r]+\n" "\n" ${text} "${${text}}\n")
  string(STRIP "${${text}}" ${text})
endforeach()
if(NOT wanted STREQUAL "" AND NOT wanted STREQUAL printed)
  message(FATAL_ERROR "${program} printed\n\n${printed}\n\nand not\n\n${wanted}\n")
endif()
