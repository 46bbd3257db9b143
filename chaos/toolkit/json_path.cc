// Paths into JSON values, as the tolerances of steady states use them.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/jsonio.h"
#include "chaos/toolkit/experiment.h"

namespace multiaz::chaos {

namespace {

using Value = nlohmann::json;

constexpr size_t kPathStepsMax = 64;
constexpr size_t kPathMatchesMax = 100'000;

// One choice within a step: a name, an index, a slice or everything.
struct Choice {
  enum class Kind { kName, kIndex, kSlice, kAll } kind = Kind::kAll;
  std::string name;
  std::optional<int64_t> from, to;  // bounds of a slice; `from` alone is the index
};

struct PathStep {
  bool deep = false;  // "..": for this value and all values below it
  std::vector<Choice> choices;
};

bool letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || static_cast<unsigned char>(c) >= 0x80;
}

class PathReader {
 public:
  explicit PathReader(std::string_view text) : text_(text) {}

  Result<std::vector<PathStep>> read() {
    std::vector<PathStep> out;
    if (!take('$')) return wrong("it begins with $");
    while (at_ < text_.size()) {
      PathStep step;
      if (take('.')) step.deep = take('.');
      const bool dot = at_ > 0 && text_[at_ - 1] == '.';
      const Status good = take('[') ? subscript(step) : dot ? name(step) : wrong("after a step");
      if (!good) return good.error();
      out.push_back(std::move(step));
      if (out.size() > kPathStepsMax) return wrong("it has too many steps");
    }
    return out;
  }

 private:
  [[nodiscard]] Error wrong(const std::string& why) const {
    return Error(Code::kInvalid, "the path \"" + std::string(text_) + "\" is not understood at " +
                                     std::to_string(at_) + " (" + why +
                                     "): $.a, $..a, $[0], $['a'], $[1:3] and $[*] are; filters "
                                     "are not");
  }

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  Status name(PathStep& step) {
    Choice choice;
    if (!take('*')) {
      const size_t from = at_;
      while (at_ < text_.size() && letter(text_[at_])) ++at_;
      if (at_ == from) return wrong("a name is needed");
      choice.kind = Choice::Kind::kName;
      choice.name = text_.substr(from, at_ - from);
    }
    step.choices.push_back(std::move(choice));
    return Status();
  }

  void blanks() {
    while (take(' ')) {
    }
  }

  Status subscript(PathStep& step) {
    do {
      blanks();
      Choice choice;
      const Status good = one(choice);
      if (!good) return good;
      step.choices.push_back(std::move(choice));
      blanks();
    } while (take(','));
    return take(']') ? Status() : wrong("] is needed");
  }

  Status one(Choice& choice) {
    if (take('*')) return Status();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote == '\'' || quote == '"') {
      ++at_;
      const size_t end = text_.find(quote, at_);
      if (end == text_.npos) return wrong("a quote is open");
      choice.kind = Choice::Kind::kName;
      choice.name = text_.substr(at_, end - at_);
      at_ = end + 1;
      return Status();
    }
    choice.kind = Choice::Kind::kIndex;
    choice.from = number();
    if (take(':')) {
      choice.kind = Choice::Kind::kSlice;
      choice.to = number();
      return Status();
    }
    return choice.from ? Status() : wrong("an index, a name in quotes or * is needed");
  }

  std::optional<int64_t> number() {
    int64_t value = 0;
    const char* from = text_.data() + at_;
    const auto read = std::from_chars(from, text_.data() + text_.size(), value);
    if (read.ec != std::errc()) return std::nullopt;
    at_ += static_cast<size_t>(read.ptr - from);
    return value;
  }

  std::string_view text_;
  size_t at_ = 0;
};

class Walk {
 public:
  // Returns false when there are too many values.
  bool step(const PathStep& step, const std::vector<const Value*>& from,
            std::vector<const Value*>& into) {
    for (const Value* one : from) {
      if (!look(step, *one, into)) return false;
    }
    return true;
  }

 private:
  // Looks at the value itself first, then at the values below it, in the order of the document.
  bool look(const PathStep& step, const Value& value, std::vector<const Value*>& into) {
    for (const Choice& choice : step.choices) choose(choice, value, into);
    if (++looked_ > kPathMatchesMax || into.size() > kPathMatchesMax) return false;
    if (!step.deep || !value.is_structured()) return true;
    for (const Value& below : value) {
      if (!look(step, below, into)) return false;
    }
    return true;
  }

  static void choose(const Choice& choice, const Value& value, std::vector<const Value*>& into) {
    if (choice.kind == Choice::Kind::kName) {
      if (!value.is_object()) return;
      const auto found = value.find(choice.name);
      if (found != value.end()) into.push_back(&*found);
      return;
    }
    if (choice.kind == Choice::Kind::kAll) {
      if (!value.is_structured()) return;
      for (const Value& one : value) into.push_back(&one);
      return;
    }
    if (!value.is_array()) return;
    const auto size = static_cast<int64_t>(value.size());
    const auto within = [size](int64_t at) {  // negative ones count from the end
      return std::clamp<int64_t>(at < 0 ? at + size : at, 0, size);
    };
    int64_t from = choice.from.value_or(0), to = 0;
    if (choice.kind == Choice::Kind::kIndex) {
      if (from < -size || from >= size) return;
      from = within(from);
      to = from + 1;
    } else {
      from = within(from);
      to = choice.to ? within(*choice.to) : size;
    }
    for (int64_t i = from; i < to; ++i) into.push_back(&value[static_cast<size_t>(i)]);
  }

  size_t looked_ = 0;
};

}  // namespace

Status check_json_path(const std::string& path) {
  const auto steps = PathReader(path).read();
  return steps ? Status() : steps.error();
}

Result<std::vector<JsonText>> follow_json_path(const std::string& path, const JsonText& value) {
  const auto steps = PathReader(path).read();
  if (!steps) return steps.error();
  const auto root = jsonio::parse(value);
  if (!root) return root.error();
  std::vector<const Value*> now = {&*root};
  for (const PathStep& step : *steps) {
    std::vector<const Value*> next;
    if (!Walk().step(step, now, next)) {
      return Error(Code::kLimit, "the path finds more than " + std::to_string(kPathMatchesMax));
    }
    now = std::move(next);
  }
  std::vector<JsonText> out;
  for (const Value* one : now) out.push_back(jsonio::dump(*one));
  return out;
}

}  // namespace multiaz::chaos
