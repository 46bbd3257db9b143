# cmake -DOUT=file.cc -DFOLDER=examples/stages -P embed.cmake: every TOML file as a string.
file(GLOB files ${FOLDER}/*.toml)
set(entries "")
foreach(file ${files})
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(APPEND entries "    {\"${name}\", R\"embed(${text})embed\"},\n")
endforeach()
file(WRITE ${OUT} "// Generated from examples/stages.
#include \"chaos/tour/embedded.h\"

namespace multiaz::chaos {

namespace {
constexpr EmbeddedStage kFiles[] = {
${entries}};
}  // namespace

std::span<const EmbeddedStage> embedded_stages() { return kFiles; }

}  // namespace multiaz::chaos
")
