# recur::mpi: training on several processors or machines (recur/train/mpi.hpp). It is there if MPI was found.
find_package(MPI QUIET COMPONENTS CXX)
if(TARGET MPI::MPI_CXX)
  add_library(recur_mpi INTERFACE)
  add_library(recur::mpi ALIAS recur_mpi)
  target_link_libraries(recur_mpi INTERFACE recur MPI::MPI_CXX)
else()
  message(STATUS "recur: does without recur::mpi, since MPI was not found")
endif()
