# Installs recur into the build directory, moves the copy elsewhere, and builds tests/consumer against it
# in each of the ways that the README promises.
set(dir ${CMAKE_CURRENT_BINARY_DIR}/consumer)
set(source ${CMAKE_CURRENT_SOURCE_DIR}/consumer)
set(prefix ${dir}/prefix)

add_test(NAME consumer.install
         COMMAND ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR} --config $<CONFIG> --prefix ${dir}/staged)
add_test(NAME consumer.clear COMMAND ${CMAKE_COMMAND} -E rm -rf ${dir})
add_test(NAME consumer.move COMMAND ${CMAKE_COMMAND} -E rename ${dir}/staged ${prefix})
set_tests_properties(consumer.clear PROPERTIES FIXTURES_SETUP consumer_clear)
set_tests_properties(consumer.install PROPERTIES FIXTURES_SETUP consumer_install FIXTURES_REQUIRED consumer_clear)
set_tests_properties(consumer.move PROPERTIES FIXTURES_SETUP consumer FIXTURES_REQUIRED consumer_install)

# With the sources inside of it, that project compiles the README's program too, optimised: GCC finds some faults only then.
string(REPLACE ";" "$<SEMICOLON>" launcher "${CMAKE_CXX_COMPILER_LAUNCHER}")
foreach(way IN ITEMS find_package add_subdirectory FetchContent)
  set(program)
  set(build_type Debug)
  if(way STREQUAL "add_subdirectory")
    set(program ${CMAKE_CURRENT_BINARY_DIR}/pages/readme.cpp)
    set(build_type Release)
  endif()
  add_test(NAME consumer.${way}
           COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${source} ${dir}/${way}
                   --build-generator ${CMAKE_GENERATOR}
                   --build-options -DWAY=${way} -DRECUR_SOURCE_DIR=${PROJECT_SOURCE_DIR}
                                   -DCMAKE_PREFIX_PATH=${prefix}$<SEMICOLON>${CMAKE_PREFIX_PATH}
                                   -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
                                   -DCMAKE_CXX_COMPILER_LAUNCHER=${launcher}
                                   -DCMAKE_BUILD_TYPE=${build_type} -DPROGRAM=${program}
                   --test-command consumer)
  set_tests_properties(consumer.${way} PROPERTIES FIXTURES_REQUIRED consumer)
endforeach()

find_program(PKG_CONFIG NAMES pkg-config pkgconf)
if(PKG_CONFIG)
  add_test(NAME consumer.pkg-config COMMAND sh -c
           "'${CMAKE_CXX_COMPILER}' -std=c++20 -Werror -Wall -Wextra -Wsign-conversion -Wfloat-equal -Wold-style-cast -Weffc++ '${source}/main.cpp' -o '${dir}/with-pkg-config' \
            $('${PKG_CONFIG}' --cflags --libs recur) && '${dir}/with-pkg-config'")
  set_tests_properties(consumer.pkg-config PROPERTIES FIXTURES_REQUIRED consumer
    ENVIRONMENT "PKG_CONFIG_PATH=${prefix}/${pkgconfig_dir}:$ENV{PKG_CONFIG_PATH}")
endif()

# ---- What users forget is said in a few lines, and not in thousands.
function(recur_test_refusal name says)
  add_test(NAME consumer.${name} COMMAND ${CMAKE_COMMAND} "-D says=${says}"
    "-D command=${CMAKE_CXX_COMPILER};-fsyntax-only;-I${PROJECT_SOURCE_DIR}/include;\
-I$<JOIN:$<TARGET_PROPERTY:Eigen3::Eigen,INTERFACE_INCLUDE_DIRECTORIES>,;-I>;${ARGN}" -P ${CMAKE_CURRENT_SOURCE_DIR}/refuses.cmake)
endfunction()
recur_test_refusal(older_standard "recur needs C++20: add -std=c++20" -std=c++17 ${source}/main.cpp)
recur_test_refusal(without_files "// needs <recur/io/model_file.hpp>, nlohmann-json;// needs <recur/io/state_file.hpp>, nlohmann-json"
                   -std=c++20 ${source}/without_files.cpp)
recur_test_refusal(forgets_each_step "write EachStep{SoftmaxCrossEntropy{}}" -std=c++20 -DFORGOTTEN=1 ${source}/forgets.cpp)
recur_test_refusal(forgets_recurrent "a cell, such as Lstm, needs Recurrent{...} around it" -std=c++20 -DFORGOTTEN=2 ${source}/forgets.cpp)
recur_test_refusal(forgets_recurrent_in_model "a cell, such as Lstm, needs Recurrent{...} around it" -std=c++20 -DFORGOTTEN=3
                   ${source}/forgets.cpp)
recur_test_refusal(forgets_scalar "all layers of a Sequential must compute in one scalar" -std=c++20 -DFORGOTTEN=4 ${source}/forgets.cpp)
recur_test_refusal(forgets_scalar_of_head "body and head must compute in one scalar" -std=c++20 -DFORGOTTEN=5 ${source}/forgets.cpp)
recur_test_refusal(forgets_the_end_of_a_stream "such as Bidirectional, can't" -std=c++20 -DFORGOTTEN=6 ${source}/forgets.cpp)
recur_test_refusal(forgets_one_answer "without EachStep" -std=c++20 -DFORGOTTEN=7 ${source}/forgets.cpp)
foreach(place RANGE 1 15)
  recur_test_refusal(forgets_recurrent_at_${place} "a cell, such as Lstm, needs Recurrent{...} around it" -std=c++20 -DFORGOTTEN=8
                     -DPLACE=${place} ${source}/forgets.cpp)
endforeach()
recur_test_refusal(forgets_scalar_of_network "a Network and the layer inside must compute in one scalar" -std=c++20 -DFORGOTTEN=9
                   ${source}/forgets.cpp)
recur_test_refusal(forgets_token "is a Network<float, Token>" -std=c++20 -DFORGOTTEN=10 ${source}/forgets.cpp)
recur_test_refusal(forgets_that_it_is_a_layer "Recurrent takes a cell" -std=c++20 -DFORGOTTEN=11 ${source}/forgets.cpp)
recur_test_refusal(forgets_that_both_are_recurrent "Bidirectional takes a cell" -std=c++20 -DFORGOTTEN=12 ${source}/forgets.cpp)
foreach(place RANGE 1 8)
  recur_test_refusal(forgets_the_end_at_${place} "such as Bidirectional, can't" -std=c++20 -DFORGOTTEN=13 -DPLACE=${place}
                     ${source}/forgets.cpp)
endforeach()
foreach(place RANGE 1 2)
  recur_test_refusal(forgets_one_direction_at_${place} "one recurrent layer in one direction" -std=c++20 -DFORGOTTEN=14 -DPLACE=${place}
                     ${source}/forgets.cpp)
endforeach()
recur_test_refusal(forgets_embedding "let it begin with an Embedding" -std=c++20 -DFORGOTTEN=15 ${source}/forgets.cpp)
recur_test_refusal(forgets_the_order_of_a_decoder "a body, an attention such as" -std=c++20 -DFORGOTTEN=16 ${source}/forgets.cpp)
recur_test_refusal(forgets_memory "a forecaster remembers what it read" -std=c++20 -DFORGOTTEN=17 ${source}/forgets.cpp)
recur_test_refusal(forgets_scalar_of_loss "a network of double takes SquaredError<double>{}" -std=c++20 -DFORGOTTEN=18 ${source}/forgets.cpp)
