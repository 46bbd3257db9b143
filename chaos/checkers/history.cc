#include "chaos/checkers/history.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"

namespace multiaz::chaos {

namespace {

using Json = nlohmann::ordered_json;
using Kind = Operation::Kind;
using End = Operation::End;

constexpr std::pair<const char*, Kind> kKinds[] = {{"write", Kind::kWrite},
                                                   {"read", Kind::kRead},
                                                   {"add", Kind::kAdd},
                                                   {"read-set", Kind::kReadSet},
                                                   {"cas", Kind::kCas}};
constexpr std::pair<const char*, End> kEnds[] = {
    {"ok", End::kOk}, {"fail", End::kFail}, {"info", End::kInfo}};

template <typename T, size_t N>
const T* find_word(const std::pair<const char*, T> (&words)[N], const std::string& word) {
  for (const auto& one : words) {
    if (word == one.first) return &one.second;
  }
  return nullptr;
}

template <typename T, size_t N>
const char* word_of(const std::pair<const char*, T> (&words)[N], T wanted) {
  for (const auto& one : words) {
    if (one.second == wanted) return one.first;
  }
  return "";
}

bool writes(Kind kind) {
  return kind == Kind::kWrite || kind == Kind::kAdd || kind == Kind::kCas;
}

// REQUIRES: a number of 0 or more.
uint64_t number_of(const Json& value) {
  return jsonio::count_in(Json{{"n", value}}, "n");
}

Status read_value(const Json& line, Operation& out) {
  const Json* value = jsonio::find(line, "v");
  if (value == nullptr) return Status();
  const auto is_count = [](const Json& one) { return one.is_number_unsigned(); };
  const bool numbers = value->is_array() && std::ranges::all_of(*value, is_count);
  if (out.kind == Kind::kCas) {
    if (!numbers || value->size() != 2) {
      return Error(Code::kInvalid, "\"v\" of a cas is [expected, new], two numbers");
    }
    out.expected = number_of(value->front());
    out.value = number_of(value->back());
    return Status();
  }
  if (!numbers && !is_count(*value)) {
    return Error(Code::kInvalid, "\"v\" is a number of 0 or more, or a list of them");
  }
  if (numbers)
    for (const Json& one : *value) out.seen.push_back(number_of(one));
  else
    out.value = number_of(*value);
  return Status();
}

class Reader {
 public:
  Status take(const Json& line) {
    const auto type = jsonio::text(line, "type"), process = jsonio::text(line, "p");
    const auto at = jsonio::count(line, "t_ns");
    if (!type) return type.error();
    if (!process) return process.error();
    if (!at) return at.error();
    if (*type == "invoke") return begin(line, *process, *at);
    return end(line, *type, *process, *at);
  }
  History finish() {
    std::erase_if(history_,
                  [](const Operation& one) { return !writes(one.kind) && one.end != End::kOk; });
    return std::move(history_);
  }

 private:
  Status end(const Json& line, const std::string& type, const std::string& process, Nanos at) {
    const End* end = find_word(kEnds, type);
    if (end == nullptr) {
      return Error(Code::kInvalid, "\"type\" is invoke, ok, fail or info, not '" + type + "'");
    }
    const auto open = open_.find(process);
    if (open == open_.end()) {
      return Error(Code::kInvalid, process + " ends an operation that it never began");
    }
    Operation& one = history_[open->second];
    if (at < one.called) return Error(Code::kInvalid, process + " ends before it began");
    one.end = *end;
    if (*end != End::kInfo) one.returned = at;
    open_.erase(open);
    return *end == End::kOk && !writes(one.kind) ? read_value(line, one) : Status();
  }

  Status begin(const Json& line, const std::string& process, Nanos at) {
    const auto word = jsonio::text(line, "f"), key = jsonio::text(line, "k", "");
    if (!word) return word.error();
    if (!key) return key.error();
    const Kind* kind = find_word(kKinds, *word);
    if (kind == nullptr) {
      return Error(Code::kInvalid,
                   "\"f\" is write, read, add, read-set or cas, not '" + *word + "'");
    }
    if (!open_.emplace(process, history_.size()).second) {
      return Error(Code::kInvalid, process + " begins an operation before its last one has ended");
    }
    Operation one;
    one.kind = *kind;
    one.end = End::kInfo;
    one.process = process;
    one.key = *key;
    one.called = at;
    if (writes(*kind)) {
      if (const Status read = read_value(line, one); !read) return read;
    }
    if (writes(*kind) && one.value == 0)
      return Error(Code::kInvalid, "a write needs \"v\", a number that is not 0");
    history_.push_back(std::move(one));
    return Status();
  }

  History history_;
  std::map<std::string, size_t> open_;  // by process: the place of its open operation
};

// The begin or the end of an operation, in the order of time.
struct Moment {
  Nanos at;
  size_t place;
  bool end;
};

std::vector<Moment> moments_of(const History& history) {
  std::vector<Moment> out;
  for (size_t i = 0; i < history.size(); ++i) {
    out.push_back({history[i].called, i, false});
    if (history[i].end != End::kInfo) out.push_back({history[i].returned, i, true});
  }
  std::ranges::stable_sort(out, [](const Moment& a, const Moment& b) {
    return std::pair(a.at, a.end) < std::pair(b.at, b.end);
  });
  return out;
}

std::string edn_value(const Operation& one, bool end) {
  if (one.kind == Kind::kCas) {
    return "[" + std::to_string(one.expected) + " " + std::to_string(one.value) + "]";
  }
  if (writes(one.kind)) return std::to_string(one.value);
  if (!end || one.end != End::kOk) return "nil";
  if (one.kind == Kind::kRead) return one.value ? std::to_string(one.value) : "nil";
  std::string out = "#{";
  for (const uint64_t value : one.seen) out += (out.size() > 2 ? " " : "") + std::to_string(value);
  return out + "}";
}

}  // namespace

Result<History> read_history(std::string_view jsonl) {
  Reader reader;
  size_t number = 0;
  while (!jsonl.empty()) {
    ++number;
    const size_t end = std::min(jsonl.find('\n'), jsonl.size());
    const std::string_view text = jsonl.substr(0, end);
    jsonl.remove_prefix(std::min(end + 1, jsonl.size()));
    if (text.find_first_not_of(" \t\r") == text.npos) continue;
    const std::string where = "line " + std::to_string(number) + ": ";
    const auto line = jsonio::parse_object<Json>(text);
    const Status taken = line ? reader.take(*line) : Status(line.error());
    if (!taken) return Error(Code::kInvalid, where + taken.error().detail);
  }
  return reader.finish();
}

std::string write_history(const History& history) {
  std::string out;
  for (const Moment& moment : moments_of(history)) {
    const Operation& one = history[moment.place];
    Json line;
    line["type"] = moment.end ? word_of(kEnds, one.end) : "invoke";
    line["t_ns"] = moment.at;
    line["p"] = one.process;
    line["f"] = word_of(kKinds, one.kind);
    line["k"] = one.key;
    line["v"] = nullptr;
    if (writes(one.kind)) line["v"] = one.value;
    if (one.kind == Kind::kCas) line["v"] = Json::array({one.expected, one.value});
    if (moment.end && one.kind == Kind::kRead && one.value) line["v"] = one.value;
    if (moment.end && one.kind == Kind::kReadSet) line["v"] = one.seen;
    out += jsonio::dump(line) + "\n";
  }
  return out;
}

std::string to_edn(const History& history) {
  std::map<std::string, size_t> processes;
  std::string out;
  size_t index = 0;
  for (const Moment& moment : moments_of(history)) {
    const Operation& one = history[moment.place];
    const size_t process = processes.emplace(one.process, processes.size()).first->second;
    const char* word = one.kind == Kind::kReadSet ? "read" : word_of(kKinds, one.kind);
    out += "{:index " + std::to_string(index++) + ", :time " + std::to_string(moment.at) +
           ", :type :" + (moment.end ? word_of(kEnds, one.end) : "invoke") + ", :process " +
           std::to_string(process) + ", :f :" + word + ", :key \"" + one.key + "\", :value " +
           edn_value(one, moment.end) + "}\n";
  }
  return out;
}

}  // namespace multiaz::chaos
