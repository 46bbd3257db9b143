# house_precompiled(name flags...): ${CMAKE_BINARY_DIR}/name.pch, tools/precompiled.h compiled with the
# flags of everything of ours plus `flags`. With sanitizers also the library code_name: the templates and
# inline functions of the header are compiled into it once (-fpch-codegen), instead of into every file that
# uses them; two thirds of the code of a debug build were copies. Optimised files inline them anyway and
# gain nothing. Not target_precompile_headers(): its file holds the path of
# the build tree, so that the compiler cache would never find an object of another clone again. Here
# the cache looks at the hash of the flags and the preprocessed text instead (CCACHE_PCH_EXTSUM and name.pch.sum).
separate_arguments(HOUSE_PRECOMPILE UNIX_COMMAND "${CMAKE_CXX_FLAGS}")
list(APPEND HOUSE_PRECOMPILE -std=c++20 -I${CMAKE_SOURCE_DIR} ${HOUSE_DEFINITIONS} ${HOUSE_SANITIZE})

function(house_precompiled name)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    return()
  endif()
  set(out ${CMAKE_BINARY_DIR}/${name}.pch)
  set(header ${CMAKE_SOURCE_DIR}/tools/precompiled.h)
  set(flags ${HOUSE_PRECOMPILE} ${ARGN})
  if(MULTIAZ_SANITIZE OR MULTIAZ_FUZZ)
    set(codegen -fpch-codegen)
  endif()
  add_custom_command(OUTPUT ${out} ${out}.sum
    COMMAND ${CMAKE_CXX_COMPILER} ${flags} -x c++-header ${header} -Xclang -emit-pch -Xclang -fno-pch-timestamp
            -fpch-instantiate-templates ${codegen} -MD -MF ${out}.d -MT ${name}.pch -o ${out}
    COMMAND sh -c "{ echo ${codegen}; \"$@\" -E -dD -P -x c++-header ${header}; } | sha256sum >${out}.sum" sum ${CMAKE_CXX_COMPILER} ${flags}
    DEPENDS ${header} DEPFILE ${out}.d VERBATIM COMMENT "Precompiling the headers (${name})")
  add_custom_target(precompile_${name} DEPENDS ${out})
  if(NOT codegen)
    return()
  endif()
  list(REMOVE_ITEM flags ${HOUSE_DEFINITIONS} -I${CMAKE_SOURCE_DIR})  # what the preprocessor has used already
  add_custom_command(OUTPUT ${out}.o COMMAND ${CMAKE_CXX_COMPILER} ${flags} -c ${out} -o ${out}.o
    DEPENDS ${out} VERBATIM COMMENT "Compiling the code of the headers (${name})")
  set_source_files_properties(${out}.o PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  add_library(code_${name} STATIC ${out}.o)
  set_target_properties(code_${name} PROPERTIES LINKER_LANGUAGE CXX)
endfunction()

# What target `name` compiles from `sources` uses the precompiled header `pch`.
function(house_use_precompiled name pch sources)
  if(NOT TARGET precompile_${pch})
    return()
  endif()
  set(file ${CMAKE_BINARY_DIR}/${pch}.pch)
  target_compile_options(${name} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -include-pch -Xclang ${file}>")
  set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS ${file})
  add_dependencies(${name} precompile_${pch})
  if(TARGET code_${pch})
    target_link_libraries(${name} PRIVATE code_${pch})
  endif()
endfunction()
