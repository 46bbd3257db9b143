// Completion scripts for bash and zsh, made from the command line's own definition.
#include <CLI/CLI.hpp>

#include "base/faults/words.h"
#include "cli/options_parts.h"

namespace multiaz::cli {

namespace {

constexpr const char* kTargetWords =
    "web lb cache db dns db:primary db:standby db:replica cache:primary cache:replica az-a az-b "
    "az-c any:web any:lb any:cache any:db orchestrator";

std::string words_of(const CLI::App& sub) {
  std::string out;
  for (const CLI::App* one : sub.get_subcommands(nullptr)) out += one->get_name() + " ";
  for (const CLI::Option* option : sub.get_options()) {
    for (const std::string& name : option->get_lnames()) out += "--" + name + " ";
    if (option->get_name(true) == "TARGET" || option->get_name(true) == "A" ||
        option->get_name(true) == "B") {
      out += std::string(kTargetWords) + " ";
    }
    if (option->get_name(true) == "KIND") {
      out += fault_names({FaultScope::kLink, FaultScope::kProcess}, " ") + " ";
    }
  }
  return out;
}

}  // namespace

// One function serves both shells: zsh understands bash's through bashcompinit.
std::string completion_script(const CLI::App& app, const std::string& shell) {
  std::string verbs, cases;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    verbs += verb->get_name() + " ";
    cases += "    " + verb->get_name() + ") words=\"" + words_of(*verb) + "\" ;;\n";
  }
  std::string out;
  if (shell == "zsh") out += "autoload -U +X bashcompinit && bashcompinit\n";
  out += "_multiaz() {\n  local word=${COMP_WORDS[COMP_CWORD]} words\n  case ${COMP_WORDS[1]} in\n";
  out += cases;
  out += "    *) words=\"" + verbs + "\" ;;\n  esac\n";
  out += "  [ \"$COMP_CWORD\" -eq 1 ] && words=\"" + verbs + "\"\n";
  out += "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n";
  // Targets contain colons, at which bash would split the word.
  out +=
      "  declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions \"$word\"\n";
  out += "  [ \"${#COMPREPLY[@]}\" -gt 0 ] || COMPREPLY=($(compgen -f -- \"$word\"))\n}\n";
  out += "complete -F _multiaz multiaz ./multiaz\n";
  return out;
}

}  // namespace multiaz::cli
