// The command line of the verbs in verbs.h.
#pragma once

#include <memory>
#include <optional>

namespace CLI {
class App;
}

namespace multiaz::chaos {

class RunVerbs {
 public:
  explicit RunVerbs(CLI::App& app);  // adds run, list, validate, inject, guard
  ~RunVerbs();
  // After parsing: carries out the verb and returns its exit code, when it is one of these.
  std::optional<int> run();

 private:
  struct Words;
  std::unique_ptr<Words> words_;
};

}  // namespace multiaz::chaos
