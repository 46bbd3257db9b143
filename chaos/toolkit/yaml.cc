// YAML as JSON. Plain words are read as YAML 1.1, as Chaos Toolkit's loader does: yes and on are
// true, 010 is eight, 1e3 is a text.
#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "base/core/jsonio.h"
#include "chaos/toolkit/experiment.h"

namespace multiaz::chaos {

namespace {

using Doc = nlohmann::ordered_json;

constexpr size_t kYamlNodesMax = 100'000;  // including the nodes that aliases repeat
constexpr size_t kYamlTextBytesMax = 8 * kExperimentBytesMax;

std::string place_of(const YAML::Mark& mark) {
  if (mark.is_null()) return "";
  return "line " + std::to_string(mark.line + 1) + ": ";
}

bool is_one_of(std::string word, std::initializer_list<const char*> words) {
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(words, [&](const char* one) { return word == one; });
}

std::optional<Doc> whole_number(std::string word) {
  std::erase(word, '_');
  const bool minus = word.starts_with('-');
  if (minus || word.starts_with('+')) word.erase(0, 1);
  int base = 10;
  if (word.starts_with("0x")) {
    base = 16;
    word.erase(0, 2);
  } else if (word.starts_with("0b")) {
    base = 2;
    word.erase(0, 2);
  } else if (word.size() > 1 && word.starts_with('0')) {
    base = 8;
    word.erase(0, 1);
  }
  int64_t number = 0;
  const char* end = word.data() + word.size();
  const auto read = std::from_chars(word.data(), end, number, base);
  if (word.empty() || word[0] == '-' || read.ec != std::errc() || read.ptr != end) {
    return std::nullopt;
  }
  return Doc(minus ? -number : number);
}

// A number with a point: without one it is a text, whatever exponent follows.
std::optional<Doc> broken_number(const std::string& word) {
  if (word.find('.') == std::string::npos || word.find_first_of("0123456789") == word.npos) {
    return std::nullopt;
  }
  double number = 0;
  const char* from = word.data() + (word.starts_with('+') ? 1 : 0);
  const auto read = std::from_chars(from, word.data() + word.size(), number);
  if (read.ec != std::errc() || read.ptr != word.data() + word.size()) return std::nullopt;
  return Doc(number);
}

Doc plain_word(const std::string& word) {
  if (word.empty() || word == "~" || word == "null" || word == "Null" || word == "NULL") {
    return Doc();
  }
  if (is_one_of(word, {"true", "yes", "on"})) return Doc(true);
  if (is_one_of(word, {"false", "no", "off"})) return Doc(false);
  if (auto number = whole_number(word)) return *number;
  if (auto number = broken_number(word)) return *number;
  return Doc(word);
}

class YamlReader {
 public:
  Result<Doc> convert(const YAML::Node& node, int depth = 0) {
    if (depth > jsonio::kDepthMax) {
      return wrong(node, "it nests deeper than " + std::to_string(jsonio::kDepthMax) +
                             " (or an alias is part of itself)");
    }
    bytes_ += node.IsScalar() ? node.Scalar().size() : 0;
    if (++nodes_ > kYamlNodesMax || bytes_ > kYamlTextBytesMax) {
      return wrong(node, "it is too large, with what its aliases stand for");
    }
    if (node.IsMap()) return map(node, depth);
    if (node.IsSequence()) {
      Doc out = Doc::array();
      for (const YAML::Node& one : node) {
        auto made = convert(one, depth + 1);
        if (!made) return made;
        out.push_back(std::move(*made));
      }
      return out;
    }
    return node.IsScalar() ? scalar(node) : Result<Doc>(Doc());
  }

 private:
  static Error wrong(const YAML::Node& node, const std::string& why) {
    return Error(Code::kInvalid, place_of(node.Mark()) + why);
  }

  static Result<Doc> scalar(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    const std::string& word = node.Scalar();
    if (tag == "?" || tag.empty()) return plain_word(word);
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return Doc(word);  // the word was in quotes
    for (const char* known : {"int", "float", "bool", "null"}) {
      if (tag == std::string("tag:yaml.org,2002:") + known) return plain_word(word);
    }
    return wrong(node, "the tag " + tag + " is not taken");
  }

  Result<Doc> map(const YAML::Node& node, int depth) {
    Doc out = Doc::object();
    Doc merged = Doc::object();
    for (const auto& pair : node) {
      if (!pair.first.IsScalar()) return wrong(pair.first, "a key is a text here");
      const std::string& key = pair.first.Scalar();
      auto made = convert(pair.second, depth + 1);
      if (!made) return made;
      if (key == "<<" && pair.first.Tag() == "?") {
        const Status good = merge(*made, merged);
        if (!good) return wrong(pair.second, good.error().detail);
        continue;
      }
      if (out.contains(key)) return wrong(pair.first, "the key \"" + key + "\" is there twice");
      out[key] = std::move(*made);
    }
    for (const auto& [key, value] : merged.items()) {
      if (!out.contains(key)) out[key] = value;
    }
    return out;
  }

  // Merges "<<", an object or a list of them; the first that has a key takes precedence.
  static Status merge(const Doc& from, Doc& into) {
    if (from.is_array()) {
      for (const Doc& one : from) {
        const Status good = merge(one, into);
        if (!good) return good;
      }
      return Status();
    }
    if (!from.is_object()) return Error(Code::kInvalid, "<< takes an object");
    for (const auto& [key, value] : from.items()) {
      if (!into.contains(key)) into[key] = value;
    }
    return Status();
  }

  size_t nodes_ = 0, bytes_ = 0;
};

// The library parses nested values by recursion, so brackets are counted before it reads the text.
bool nests_too_deep(const std::string& text) {
  int depth = 0, deepest = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
    if (c == ']' || c == '}') --depth;
  }
  return deepest > 4 * jsonio::kDepthMax;
}

// Counts the events of the library, which could read (and store) some texts without end.
class Counter : public YAML::EventHandler {
 public:
  int documents() const { return documents_; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) throw YAML::ParserException(mark, "one document is needed");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { count(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { count(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    count(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    count(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    count(mark);
  }
  void OnMapEnd() override {}

 private:
  void count(const YAML::Mark& mark) {
    if (++nodes_ > kYamlNodesMax) throw YAML::ParserException(mark, "too many values");
  }

  int documents_ = 0;
  size_t nodes_ = 0;
};

}  // namespace

Result<JsonText> yaml_to_json(const std::string& text) {
  if (text.size() > kExperimentBytesMax) {
    return Error(Code::kInvalid, "an experiment has at most 1 MiB");
  }
  if (nests_too_deep(text)) return Error(Code::kInvalid, "no YAML: it nests too deep");
  try {  // the library reports errors by exceptions
    std::istringstream in(text);
    YAML::Parser parser(in);
    Counter counter;
    while (parser.HandleNextDocument(counter)) continue;
    if (counter.documents() == 0) return Error(Code::kInvalid, "one document is needed, not none");
    auto made = YamlReader().convert(YAML::Load(text));
    if (!made) return made.error();
    return jsonio::dump(*made);
  } catch (const YAML::Exception& thrown) {
    return Error(Code::kInvalid, "no YAML: " + place_of(thrown.mark) + thrown.msg);
  }
}

}  // namespace multiaz::chaos
