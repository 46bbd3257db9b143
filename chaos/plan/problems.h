// The problems of a document: all of them, one a line, each with its place
// ("actions.stop-web.actionId: ...").
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace multiaz::chaos {

constexpr size_t kProblemsMax = 50;  // that are listed; a document of random bytes has more

class Problems {
 public:
  void add(const std::string& where, const std::string& what);
  // Adds a problem unless the key is one of those allowed there, and names the key that was perhaps
  // meant. `where` ends in a dot, or is empty for the document itself.
  void check_key(const std::string& where, const std::string& key,
                 std::span<const std::string_view> allowed);

  [[nodiscard]] bool none() const { return count_ == 0; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
  size_t count_ = 0;
};

}  // namespace multiaz::chaos
