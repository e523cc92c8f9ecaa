# Installs recur into the build directory, moves the copy elsewhere, and builds tests/consumer against it
# in each of the ways that docs/packaging.md promises.
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

# recur_test_consumer(NAME WAY PREFIX [options of cmake]): builds and runs that project, which finds recur below PREFIX.
string(REPLACE ";" "$<SEMICOLON>" launcher "${CMAKE_CXX_COMPILER_LAUNCHER}")
string(REPLACE ";" "$<SEMICOLON>" prefixes "${CMAKE_PREFIX_PATH}")
function(recur_test_consumer name way where)
  add_test(NAME consumer.${name}
           COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${source} ${dir}/${name}
                   --build-generator ${CMAKE_GENERATOR}
                   --build-options -DWAY=${way} -DRECUR_SOURCE_DIR=${PROJECT_SOURCE_DIR} -DRECUR_ARCHIVE=${dir}/recur.tar.gz
                                   -DCMAKE_PREFIX_PATH=${where}$<SEMICOLON>${prefixes}
                                   -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
                                   -DCMAKE_CXX_COMPILER_LAUNCHER=${launcher} ${ARGN}
                   --test-command consumer)
  set_tests_properties(consumer.${name} PROPERTIES FIXTURES_REQUIRED consumer)
endfunction()

recur_test_consumer(find_package find_package ${prefix} -DCMAKE_BUILD_TYPE=Debug)
# With the sources inside of it, that project compiles the README's program too, optimised: GCC finds some faults only then.
recur_test_consumer(add_subdirectory add_subdirectory ${prefix} -DCMAKE_BUILD_TYPE=Release
                    -DPROGRAM=${CMAKE_CURRENT_BINARY_DIR}/pages/readme.cpp)
# An archive has what a build of another project needs, and no more.
add_test(NAME consumer.archive COMMAND ${CMAKE_COMMAND} -E tar czf ${dir}/recur.tar.gz CMakeLists.txt LICENSE cmake include source
         WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
set_tests_properties(consumer.archive PROPERTIES FIXTURES_SETUP consumer_archive FIXTURES_REQUIRED consumer)
recur_test_consumer(FetchContent FetchContent ${prefix} -DCMAKE_BUILD_TYPE=Debug)
set_tests_properties(consumer.FetchContent PROPERTIES FIXTURES_REQUIRED "consumer;consumer_archive")

# ---- The optional parts whose libraries are there, of an installed copy and of the sources.
set(components)
foreach(component IN ITEMS torch keras onnx mpi)
  if(TARGET recur::${component})
    string(APPEND components "$<SEMICOLON>${component}")
  endif()
endforeach()
if(components)
  string(REGEX REPLACE "^[$]<SEMICOLON>" "" components "${components}")
  foreach(way IN ITEMS find_package add_subdirectory)
    recur_test_consumer(components.${way} ${way} ${prefix} -DCMAKE_BUILD_TYPE=Debug -DCOMPONENTS=${components})
  endforeach()
endif()
# A part that is not there, and one whose library is not.
foreach(refusal IN ITEMS "tensorflow=recur has no component tensorflow: it has mpi, onnx, torch and keras"
                         "mpi=recur::mpi needs MPI, which was not found")
  string(REGEX MATCH "^[a-z]+" component "${refusal}")
  string(REPLACE "${component}=" "" says "${refusal}")
  add_test(NAME consumer.without_${component}
           COMMAND sh -c "'${CMAKE_COMMAND}' -S '${source}' -B '${dir}/without_${component}' -G '${CMAKE_GENERATOR}' -DWAY=find_package \
                   -DCOMPONENTS=${component} -DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON '-DCMAKE_PREFIX_PATH=${prefix}$<SEMICOLON>${CMAKE_PREFIX_PATH}' \
                   '-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}' 2>&1 || echo refused")
  set_tests_properties(consumer.without_${component} PROPERTIES FIXTURES_REQUIRED consumer PASS_REGULAR_EXPRESSION "${says}.*refused")
endforeach()

# An Eigen that is too old, and a project that asks for so old a CMake that it has no IN_LIST.
set(old ${CMAKE_CURRENT_BINARY_DIR}/consumer_old)
file(WRITE ${old}/eigen/share/eigen3/cmake/Eigen3Config.cmake
     "add_library(Eigen3::Eigen INTERFACE IMPORTED)\nset(Eigen3_VERSION 3.3.9)\n")
file(WRITE ${old}/CMakeLists.txt
     "cmake_minimum_required(VERSION 3.2)\nproject(old LANGUAGES CXX)\nfind_package(recur REQUIRED)\nmessage(STATUS \"found recur\")\n")
set(finds_recur "'${CMAKE_COMMAND}' -S '${old}' -G '${CMAKE_GENERATOR}' '-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}' -Wno-dev \
    '-DCMAKE_PREFIX_PATH=${prefix}$<SEMICOLON>${CMAKE_PREFIX_PATH}'")
if(CMAKE_VERSION VERSION_LESS 4)  # else no project can ask for so old a one
  add_test(NAME consumer.old_minimum COMMAND sh -c "${finds_recur} -B '${dir}/old_minimum'")
  set_tests_properties(consumer.old_minimum PROPERTIES FIXTURES_REQUIRED consumer PASS_REGULAR_EXPRESSION "found recur")
  add_test(NAME consumer.old_eigen COMMAND sh -c "${finds_recur} -B '${dir}/old_eigen' '-DEigen3_DIR=${old}/eigen/share/eigen3/cmake' || echo refused")
  set_tests_properties(consumer.old_eigen PROPERTIES FIXTURES_REQUIRED consumer
                       PASS_REGULAR_EXPRESSION "recur needs Eigen 3.4 or newer, and found 3.3.9.*refused")
endif()

# What recur does without is named as users know it.
add_test(NAME consumer.without_libraries
         COMMAND sh -c "'${CMAKE_COMMAND}' -S '${PROJECT_SOURCE_DIR}' -B '${dir}/without_libraries' -G '${CMAKE_GENERATOR}' \
                 '-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}' -DRECUR_ZIP=OFF -DRECUR_HDF5=OFF -DCMAKE_DISABLE_FIND_PACKAGE_Protobuf=ON \
                 -DRECUR_BUILD_EXAMPLES=OFF '-DCMAKE_PREFIX_PATH=${CMAKE_PREFIX_PATH}' && echo configured")
set_tests_properties(consumer.without_libraries PROPERTIES FIXTURES_REQUIRED consumer PASS_REGULAR_EXPRESSION
  "tests of Keras' files, which need HDF5.*recur::torch, which needs libzip.*recur::keras, which needs libzip.*recur::onnx, which needs protobuf and protoc.*configured")

# ---- All headers as one.
add_test(NAME consumer.amalgamate COMMAND ${PROJECT_SOURCE_DIR}/scripts/amalgamate --output ${dir}/single/recur/recur.hpp)
set_tests_properties(consumer.amalgamate PROPERTIES FIXTURES_SETUP consumer_single FIXTURES_REQUIRED consumer)
add_test(NAME consumer.single_header COMMAND sh -c
         "'${CMAKE_CXX_COMPILER}' -std=c++20 -Werror -Wall -Wextra -Wconversion -Wsign-conversion -Weffc++ -Wold-style-cast '${source}/main.cpp' -pthread \
          -I '${dir}/single' -isystem '$<JOIN:$<TARGET_PROPERTY:Eigen3::Eigen,INTERFACE_INCLUDE_DIRECTORIES>,' -isystem '>' \
          -o '${dir}/single_header' && '${dir}/single_header'")
set_tests_properties(consumer.single_header PROPERTIES FIXTURES_REQUIRED "consumer;consumer_single")

# Some headers as one: networks that run alone, and what learns, with files. Only what nobody put in is missing there.
function(recur_test_amalgamated name headers program)
  add_test(NAME consumer.amalgamate_${name} COMMAND sh -c
           "'${PROJECT_SOURCE_DIR}/scripts/amalgamate' ${headers} --output '${dir}/${name}/recur/recur.hpp' && \
            '${CMAKE_CXX_COMPILER}' -std=c++20 -fsyntax-only -Werror -Wall -Wextra '${source}/${program}' -I '${dir}/${name}' \
            -isystem '$<JOIN:$<TARGET_PROPERTY:Eigen3::Eigen,INTERFACE_INCLUDE_DIRECTORIES>,' -isystem '>' \
            -I '$<JOIN:$<TARGET_PROPERTY:nlohmann_json::nlohmann_json,INTERFACE_INCLUDE_DIRECTORIES>,' -I '>'")
  set_tests_properties(consumer.amalgamate_${name} PROPERTIES FIXTURES_REQUIRED consumer)
endfunction()
recur_test_amalgamated(stream "stream.hpp" main.cpp)
recur_test_amalgamated(files "train.hpp files.hpp" without_files.cpp)

# ---- A package of Debian, as it lies on the disk once it is installed.
add_test(NAME package.unknown_option COMMAND ${CMAKE_COMMAND} "-D says=package: unknown option '--anything'" "-D code=2"
         "-D command=${PROJECT_SOURCE_DIR}/scripts/package;--anything" -P ${CMAKE_CURRENT_SOURCE_DIR}/refuses.cmake)
find_program(DPKG_DEB dpkg-deb)
if(DPKG_DEB)
  add_test(NAME consumer.package COMMAND sh -c "'${PROJECT_SOURCE_DIR}/scripts/package' '${dir}/package' \
           && '${DPKG_DEB}' -x '${dir}'/package/recur-dev_*_all.deb '${dir}/unpacked'")
  set_tests_properties(consumer.package PROPERTIES FIXTURES_SETUP consumer_package FIXTURES_REQUIRED consumer)
  recur_test_consumer(of_package find_package ${dir}/unpacked/usr -DCMAKE_BUILD_TYPE=Debug)
  set_tests_properties(consumer.of_package PROPERTIES FIXTURES_REQUIRED "consumer;consumer_package")
  # What it depends on is there. Where that was not installed as a package, apt would ask the network for it.
  find_program(APT_GET apt-get)
  if(APT_GET)
    add_test(NAME consumer.package_depends COMMAND sh -c "dpkg-query -W -f '\${db:Status-Status}' libeigen3-dev | grep -qx installed || exit 77; \
             '${DPKG_DEB}' -f '${dir}'/package/recur-dev_*_all.deb Depends | grep libeigen3-dev && \
             '${APT_GET}' install --simulate --reinstall --no-install-recommends '${dir}'/package/recur-dev_*_all.deb | grep '^Inst recur-dev'")
    set_tests_properties(consumer.package_depends PROPERTIES FIXTURES_REQUIRED "consumer;consumer_package" SKIP_RETURN_CODE 77)
  endif()
endif()

find_program(PKG_CONFIG NAMES pkg-config pkgconf)
if(PKG_CONFIG AND NOT dir MATCHES " ")  # pkgconf 1.8 leaves the blanks of a folder behind -isystem as they are
  add_test(NAME consumer.pkg-config COMMAND sh -c
           "'${CMAKE_CXX_COMPILER}' -std=c++20 -Werror -Wall -Wextra -Wsign-conversion -Wfloat-equal -Wold-style-cast -Weffc++ '${source}/main.cpp' -o '${dir}/with-pkg-config' \
            $('${PKG_CONFIG}' --cflags --libs recur) && '${dir}/with-pkg-config'")
  set_tests_properties(consumer.pkg-config PROPERTIES FIXTURES_REQUIRED consumer
    ENVIRONMENT "PKG_CONFIG_PATH=${prefix}/${pkgconfig_dir}:$ENV{PKG_CONFIG_PATH}")
  if(BASH)
    add_test(NAME consumer.pkg-config.places COMMAND ${BASH} ${source}/pkg_config.sh ${PROJECT_BINARY_DIR} ${CMAKE_CXX_COMPILER} ${PKG_CONFIG})
    set_tests_properties(consumer.pkg-config.places PROPERTIES FIXTURES_REQUIRED consumer)
  endif()
  if(TARGET recur::torch)
    add_test(NAME consumer.pkg-config.torch COMMAND sh -c
             "'${CMAKE_CXX_COMPILER}' -std=c++20 -Werror -DRECUR_HAS_TORCH -DRECUR_HAS_KERAS '${source}/components.cpp' -o '${dir}/with-libzip' \
              $('${PKG_CONFIG}' --cflags --libs recur libzip) && '${dir}/with-libzip'")
    set_tests_properties(consumer.pkg-config.torch PROPERTIES FIXTURES_REQUIRED consumer
      ENVIRONMENT "PKG_CONFIG_PATH=${prefix}/${pkgconfig_dir}:$ENV{PKG_CONFIG_PATH}")
  endif()
endif()

# ---- The recipes of vcpkg say the version once more.
set(manifest ${PROJECT_SOURCE_DIR}/packaging/vcpkg/recur/vcpkg.json)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})
file(READ ${manifest} recipe)
string(JSON recipe_version GET "${recipe}" version)
add_test(NAME recipes COMMAND ${CMAKE_COMMAND} -E echo "vcpkg has version ${recipe_version}")
set_tests_properties(recipes PROPERTIES PASS_REGULAR_EXPRESSION "version ${PROJECT_VERSION}[ \r\n]*$")

# ---- What users forget is said in a few lines, and not in thousands.
function(recur_test_refusal name says)
  add_test(NAME consumer.${name} COMMAND ${CMAKE_COMMAND} "-D says=${says}"
    "-D command=${CMAKE_CXX_COMPILER};-fsyntax-only;-I${PROJECT_SOURCE_DIR}/include;\
-I$<JOIN:$<TARGET_PROPERTY:Eigen3::Eigen,INTERFACE_INCLUDE_DIRECTORIES>,;-I>;${ARGN}" -P ${CMAKE_CURRENT_SOURCE_DIR}/refuses.cmake)
endfunction()
recur_test_refusal(older_standard "recur needs C++20: add -std=c++20" -std=c++17 ${source}/main.cpp)
recur_test_refusal(without_files "// needs <recur/io/model_file.hpp>, nlohmann-json;// needs <recur/io/state_file.hpp>, nlohmann-json"
                   -std=c++20 ${source}/without_files.cpp)
# Reading the headers is most of what each of these takes, so they are compiled once. GCC forgets what a precompiled header says
# of warnings, so there are none (-w).
set(forgets ${CMAKE_CURRENT_BINARY_DIR}/forgets/forgets.hpp)
file(CONFIGURE OUTPUT ${forgets} CONTENT "#include \"${source}/forgets.hpp\"\n")
add_test(NAME consumer.precompile COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -I${PROJECT_SOURCE_DIR}/include
         "-I$<JOIN:$<TARGET_PROPERTY:Eigen3::Eigen,INTERFACE_INCLUDE_DIRECTORIES>,;-I>" -x c++-header ${forgets} -o ${forgets}.gch
         COMMAND_EXPAND_LISTS)
set_tests_properties(consumer.precompile PROPERTIES FIXTURES_SETUP consumer_precompiled)
# recur_test_forgets(NAME SAYS FORGOTTEN [PLACE]): a program that forgets it is refused in those words.
function(recur_test_forgets name says forgotten)
  list(TRANSFORM ARGN PREPEND -DPLACE= OUTPUT_VARIABLE place)
  recur_test_refusal(forgets_${name} "${says}" -std=c++20 -w -include ${forgets} -DFORGOTTEN=${forgotten} ${place} ${source}/forgets.cpp)
  set_tests_properties(consumer.forgets_${name} PROPERTIES FIXTURES_REQUIRED consumer_precompiled)
endfunction()
recur_test_forgets(each_step "write EachStep{SoftmaxCrossEntropy{}}" 1)
recur_test_forgets(recurrent "a cell, such as Lstm, needs Recurrent{...} around it" 2)
recur_test_forgets(recurrent_in_model "a cell, such as Lstm, needs Recurrent{...} around it" 3)
recur_test_forgets(scalar "all layers of a Sequential must compute in one scalar" 4)
recur_test_forgets(scalar_of_head "body and head must compute in one scalar" 5)
recur_test_forgets(the_end_of_a_stream "such as Bidirectional, can't" 6)
recur_test_forgets(one_answer "without EachStep" 7)
foreach(place RANGE 1 15)
  recur_test_forgets(recurrent_at_${place} "a cell, such as Lstm, needs Recurrent{...} around it" 8 ${place})
endforeach()
recur_test_forgets(scalar_of_network "a Network and the layer inside must compute in one scalar" 9)
recur_test_forgets(token "is a Network<float, Token>" 10)
recur_test_forgets(that_it_is_a_layer "Recurrent takes a cell" 11)
recur_test_forgets(that_both_are_recurrent "Bidirectional takes a cell" 12)
foreach(place RANGE 1 8)
  recur_test_forgets(the_end_at_${place} "such as Bidirectional, can't" 13 ${place})
endforeach()
foreach(place RANGE 1 2)
  recur_test_forgets(one_direction_at_${place} "one recurrent layer in one direction" 14 ${place})
endforeach()
recur_test_forgets(embedding "let it begin with an Embedding" 15)
recur_test_forgets(the_order_of_a_decoder "a body, an attention such as" 16)
recur_test_forgets(memory "a forecaster remembers what it read" 17)
recur_test_forgets(scalar_of_loss "a network of double takes SquaredError<double>{}" 18)
foreach(forgotten IN ITEMS 19 20)
  recur_test_forgets(what_has_labels_${forgotten} "labels are for a loss of labels" ${forgotten})
endforeach()
recur_test_forgets(recurrent_of_final_state "a cell, such as Lstm, needs Recurrent{...} around it" 21)
recur_test_forgets(one_final_state "FinalState is for one recurrent layer" 22)
recur_test_forgets(scalar_of_step "a step has the scalar of its layer" 23)
foreach(place RANGE 1 3)
  recur_test_forgets(scalar_of_optimizer_at_${place} "model and optimizer must compute in one scalar" 24 ${place})
endforeach()
