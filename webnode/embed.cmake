# cmake -DOUT=file.cc -DFOLDER=templates -P embed.cmake: every file of the folder as a string.
file(GLOB files ${FOLDER}/*)
set(entries "")
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(APPEND entries "    {\"${name}\", R\"embed(${text})embed\"},\n")
endforeach()
file(WRITE ${OUT} "// Generated from webnode/templates.
#include \"webnode/pages/embedded.h\"

namespace multiaz::webnode {

namespace {
constexpr EmbeddedFile kFiles[] = {
${entries}};
}  // namespace

std::span<const EmbeddedFile> embedded_files() { return kFiles; }

}  // namespace multiaz::webnode
")
