# house_precompiled(name flags...): ${CMAKE_BINARY_DIR}/name.pch, tools/precompiled.h compiled with the
# flags of everything of ours plus `flags`. Not target_precompile_headers(): its file holds the path of
# the build tree, so that the compiler cache would never find an object of another clone again. Here
# the cache looks at the hash of the preprocessed text instead (CCACHE_PCH_EXTSUM and name.pch.sum).
separate_arguments(HOUSE_PRECOMPILE UNIX_COMMAND "${CMAKE_CXX_FLAGS}")
list(APPEND HOUSE_PRECOMPILE -std=c++20 ${HOUSE_DEFINITIONS} ${HOUSE_SANITIZE})

function(house_precompiled name)
  set(out ${CMAKE_BINARY_DIR}/${name}.pch)
  set(header ${CMAKE_SOURCE_DIR}/tools/precompiled.h)
  set(flags ${HOUSE_PRECOMPILE} ${ARGN})
  add_custom_command(OUTPUT ${out} ${out}.sum
    COMMAND ${CMAKE_CXX_COMPILER} ${flags} -x c++-header ${header} -Xclang -emit-pch -Xclang -fno-pch-timestamp
            -fpch-instantiate-templates -MD -MF ${out}.d -MT ${name}.pch -o ${out}
    COMMAND sh -c "\"$@\" -E -dD -P -x c++-header ${header} | sha256sum >${out}.sum" sum ${CMAKE_CXX_COMPILER} ${flags}
    DEPENDS ${header} DEPFILE ${out}.d VERBATIM COMMENT "Precompiling the headers (${name})")
  add_custom_target(precompile_${name} DEPENDS ${out})
endfunction()

# What target `name` compiles from `sources` uses the precompiled header `pch`.
function(house_use_precompiled name pch sources)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    return()
  endif()
  set(file ${CMAKE_BINARY_DIR}/${pch}.pch)
  target_compile_options(${name} PRIVATE "$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -include-pch -Xclang ${file}>")
  set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS ${file})
  add_dependencies(${name} precompile_${pch})
endfunction()
