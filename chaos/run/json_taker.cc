#include "chaos/run/json_taker.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"

namespace multiaz::chaos {

namespace {

template <typename T, typename Into>
void put(const Taker& taker, Result<T> value, Into& into) {
  if (!value) return taker.fail(value.error());
  into = static_cast<Into>(*value);
}

template <typename T>
Result<int64_t> whole(const nlohmann::json& in, const char* key) {
  return jsonio::integer(in, key, std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
}

}  // namespace

Taker::Taker(const In& in, Status& status) : in_(&in), status_(&status) {
  if (!in.is_object()) fail(Error(Code::kInvalid, "this is no JSON object"));
}

void Taker::operator()(const char* key, std::string& into) const {
  put(*this, jsonio::text(*in_, key), into);
}
void Taker::operator()(const char* key, bool& into) const {
  put(*this, jsonio::flag(*in_, key), into);
}
void Taker::operator()(const char* key, uint64_t& into) const {
  put(*this, jsonio::count(*in_, key), into);
}
void Taker::operator()(const char* key, int64_t& into) const {
  put(*this, whole<int64_t>(*in_, key), into);
}
void Taker::operator()(const char* key, int& into) const {
  put(*this, whole<int>(*in_, key), into);
}
void Taker::operator()(const char* key, std::vector<std::string>& into) const {
  each(key, [&](const In& one) {
    if (!one.is_string()) return Status(wrong_key(key, "a list of strings"));
    into.push_back(jsonio::text_or_empty(one));
    return Status();
  });
}

void Taker::maybe(const char* key, std::string& into) const {
  if (jsonio::find(*in_, key)) (*this)(key, into);
}
void Taker::maybe(const char* key, uint64_t& into) const {
  if (jsonio::find(*in_, key)) (*this)(key, into);
}
void Taker::maybe(const char* key, bool& into) const {
  if (jsonio::find(*in_, key)) (*this)(key, into);
}

void Taker::each(const char* key, const std::function<Status(const In&)>& take) const {
  const auto list = jsonio::array(*in_, key);
  if (!list) return fail(list.error());
  for (const In& one : **list) {
    if (const Status taken = take(one); !taken) return fail(taken.error());
  }
}

void Taker::fail(Error error) const {
  if (*status_) *status_ = std::move(error);
}

Error wrong_key(const std::string& key, const std::string& allowed) {
  return Error(Code::kInvalid, "\"" + key + "\" is " + allowed);
}

Status take_numbers(const nlohmann::json& in, std::initializer_list<uint64_t*> into) {
  const auto is_count = [](const nlohmann::json& one) { return one.is_number_unsigned(); };
  const bool fits =
      in.is_array() && in.size() == into.size() && std::all_of(in.begin(), in.end(), is_count);
  if (!fits) {
    return Error(Code::kInvalid,
                 "an entry is a list of " + std::to_string(into.size()) + " numbers");
  }
  auto from = in.begin();
  for (uint64_t* one : into) *one = (from++)->get<uint64_t>();
  return Status();
}

}  // namespace multiaz::chaos
