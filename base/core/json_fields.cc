#include "base/core/json_fields.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"

namespace multiaz::jsonio {

namespace {

Error wrong(std::string_view key, const char* allowed) {
  return Error(Code::kInvalid, "\"" + std::string(key) + "\" is " + allowed);
}

}  // namespace

template <typename Json>
Fields<Json>::Fields(const Json& from) : from_(from) {
  if (!from.is_object()) fail(Error(Code::kInvalid, "this is no JSON object"));
}

template <typename Json>
void Fields<Json>::fail(Error error) {
  if (status_.ok()) status_ = std::move(error);
}

template <typename Json>
bool Fields<Json>::has(std::string_view key) const {
  return find(from_, key) != nullptr;
}

template <typename Json>
bool Fields<Json>::there(std::string_view key, bool needed) {
  if (!ok()) return false;
  if (has(key)) return true;
  if (needed) fail(Error(Code::kInvalid, "\"" + std::string(key) + "\" is missing"));
  return false;
}

template <typename Json>
template <typename T, typename Value>
Fields<Json>& Fields<Json>::take(Result<Value> value, T& into) {
  if (value)
    into = static_cast<T>(*value);
  else
    fail(value.error());
  return *this;
}

template <typename Json>
Fields<Json>& Fields<Json>::read(std::string_view key, std::string& into, bool needed) {
  return there(key, needed) ? take(text(from_, key), into) : *this;
}

template <typename Json>
Fields<Json>& Fields<Json>::read(std::string_view key, bool& into, bool needed) {
  return there(key, needed) ? take(flag(from_, key), into) : *this;
}

template <typename Json>
Fields<Json>& Fields<Json>::read(std::string_view key, double& into, bool needed) {
  return there(key, needed) ? take(number(from_, key), into) : *this;
}

template <typename Json>
Fields<Json>& Fields<Json>::read(std::string_view key, int& into, bool needed) {
  using Of = std::numeric_limits<int>;
  return there(key, needed) ? take(integer(from_, key, Of::min(), Of::max()), into) : *this;
}

template <typename Json>
Fields<Json>& Fields<Json>::read(std::string_view key, int64_t& into, bool needed) {
  using Of = std::numeric_limits<int64_t>;
  return there(key, needed) ? take(integer(from_, key, Of::min(), Of::max()), into) : *this;
}

template <typename Json>
Fields<Json>& Fields<Json>::read(std::string_view key, uint16_t& into, bool needed) {
  return there(key, needed) ? take(count(from_, key, std::nullopt, UINT16_MAX), into) : *this;
}

template <typename Json>
Fields<Json>& Fields<Json>::read(std::string_view key, uint32_t& into, bool needed) {
  return there(key, needed) ? take(count(from_, key, std::nullopt, UINT32_MAX), into) : *this;
}

template <typename Json>
Fields<Json>& Fields<Json>::read(std::string_view key, uint64_t& into, bool needed) {
  return there(key, needed) ? take(count(from_, key), into) : *this;
}

template <typename Json>
Fields<Json>& Fields<Json>::read(std::string_view key, std::vector<std::string>& into,
                                 bool needed) {
  if (!there(key, needed)) return *this;
  into.clear();
  for (const Json* item : items(key, needed)) {
    if (!item->is_string()) {
      fail(wrong(key, "an array of strings"));
      return *this;
    }
    into.push_back(text_or_empty(*item));
  }
  return *this;
}

template <typename Json>
Fields<Json>& Fields<Json>::read(std::string_view key, std::set<std::string>& into, bool needed) {
  std::vector<std::string> list;
  if (!there(key, needed) || !read(key, list, needed).ok()) return *this;
  into = {list.begin(), list.end()};
  return *this;
}

template <typename Json>
Fields<Json>& Fields<Json>::read(std::string_view key, std::map<std::string, std::string>& into,
                                 bool needed) {
  if (!there(key, needed)) return *this;
  const auto members = object(from_, key);
  if (!members) {
    fail(members.error());
    return *this;
  }
  into.clear();
  for (auto one = (*members)->begin(); one != (*members)->end(); ++one) {
    if (!one->is_string()) {
      fail(wrong(key, "an object of strings"));
      return *this;
    }
    into[one.key()] = text_or_empty(*one);
  }
  return *this;
}

template <typename Json>
std::vector<const Json*> Fields<Json>::items(std::string_view key, bool needed) {
  std::vector<const Json*> out;
  if (!there(key, needed)) return out;
  const auto list = array(from_, key);
  if (!list) {
    fail(list.error());
    return out;
  }
  for (const Json& item : **list) out.push_back(&item);
  return out;
}

template <typename Json>
const Json* Fields<Json>::need_value(std::string_view key) {
  return there(key, true) ? find(from_, key) : nullptr;
}

template <typename Json>
std::string shown(const Json& value) {
  if (value.is_string()) return text_or_empty(value);
  return value.is_null() ? "-" : dump(value);
}

template <typename Json>
std::string shown(const Json& from, std::string_view key) {
  return shown(value_in(from, key));
}

template <typename Json>
const Json& value_in(const Json& from, std::string_view key) {
  static const Json kNull;
  const Json* value = find(from, key);
  return value ? *value : kNull;
}

template <typename Json>
const Json& items_in(const Json& from, std::string_view key) {
  static const Json kNone = Json::array();
  const Json& value = value_in(from, key);
  return value.is_array() ? value : kNone;
}

template <typename Json>
const Json& members_in(const Json& from, std::string_view key) {
  static const Json kNone = Json::object();
  const Json& value = value_in(from, key);
  return value.is_object() ? value : kNone;
}

template <typename Json>
const Json* item_at(const Json& from, size_t place) {
  return from.is_array() && place < from.size() ? &from[place] : nullptr;
}

template <typename Json>
std::string_view text_view(const Json& value) {
  const auto* text = value.template get_ptr<const std::string*>();
  return text ? std::string_view(*text) : std::string_view();
}

template <typename Json>
double number_in(const Json& from, std::string_view key) {
  const auto value = number(from, key, 0.0);
  return value ? *value : 0;
}

template <typename Json>
uint64_t count_in(const Json& from, std::string_view key) {
  const auto value = count(from, key, 0);
  return value ? *value : 0;
}

template <typename Json>
std::string text_in(const Json& from, std::string_view key) {
  return text_or_empty(value_in(from, key));
}

template <typename Json>
bool flag_in(const Json& from, std::string_view key) {
  const auto value = flag(from, key, false);
  return value && *value;
}

// NOLINTBEGIN: one line for each kind of value and function
#define MULTIAZ_JSON(J)                                     \
  template class Fields<J>;                                 \
  template std::string shown(const J&);                     \
  template std::string shown(const J&, std::string_view);   \
  template const J& value_in(const J&, std::string_view);   \
  template const J& items_in(const J&, std::string_view);   \
  template const J& members_in(const J&, std::string_view); \
  template const J* item_at(const J&, size_t);              \
  template std::string_view text_view(const J&);            \
  template double number_in(const J&, std::string_view);    \
  template uint64_t count_in(const J&, std::string_view);   \
  template std::string text_in(const J&, std::string_view); \
  template bool flag_in(const J&, std::string_view);
MULTIAZ_JSON(nlohmann::json)
MULTIAZ_JSON(nlohmann::ordered_json)
#undef MULTIAZ_JSON
// NOLINTEND

}  // namespace multiaz::jsonio
