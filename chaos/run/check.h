// `multiaz chaos check FILE|DIR`: judges a recorded history again, offline. Any program's: the form
// is in checkers/history.h.
#pragma once

#include <string>

namespace multiaz::chaos {

struct CheckOptions {
  std::string path;  // history.jsonl, or a folder with it
  bool json = false;
  bool no_digest = false;  // of a folder: do not ask whether it is as the run left it
  std::string edn;         // a file to write for Jepsen's tools; "" = none
};

// 0 nothing wrong was found, 1 an anomaly, 2 too little to judge by, or a folder that was changed,
// 254 bad input.
int check(const CheckOptions& options);

}  // namespace multiaz::chaos
