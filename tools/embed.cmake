# Files as strings in a program. Included, it gives
#   house_embed(OUT folder GLOB header namespace function)
# which generates OUT (a .cc file) from the files of the folder that match; it defines
# `std::span<const EmbeddedFile> function()`, which the header declares.
# Run with cmake -P it does the generating.
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB files ${FOLDER}/${GLOB})
  set(entries "")
  foreach(file ${files})
    get_filename_component(name ${file} NAME)
    file(READ ${file} text)
    string(APPEND entries "    {\"${name}\", R\"embed(${text})embed\"},\n")
  endforeach()
  file(WRITE ${OUT} "// Generated.
#include \"${HEADER}\"

namespace ${NAMESPACE} {

namespace {
constexpr EmbeddedFile kFiles[] = {
${entries}};
}  // namespace

std::span<const EmbeddedFile> ${FUNCTION}() { return kFiles; }

}  // namespace ${NAMESPACE}
")
  return()
endif()

set(HOUSE_EMBED ${CMAKE_CURRENT_LIST_FILE})
function(house_embed out folder glob header namespace function)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/${glob})
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DFOLDER=${folder} -DGLOB=${glob} -DHEADER=${header}
            -DNAMESPACE=${namespace} -DFUNCTION=${function} -P ${HOUSE_EMBED}
    DEPENDS ${files} ${HOUSE_EMBED}
    VERBATIM)
endfunction()
