// Reads the keys of one JSON object of a run's folder into values. What was wrong first is kept in
// the status, with the key and what is allowed there; what follows is read all the same.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/core/result.h"

namespace multiaz::chaos {

class Taker {
 public:
  using In = nlohmann::json;
  Taker(const In& in, Status& status);

  // A key that must be there.
  void operator()(const char* key, std::string& into) const;
  void operator()(const char* key, bool& into) const;
  void operator()(const char* key, uint64_t& into) const;
  void operator()(const char* key, int64_t& into) const;
  void operator()(const char* key, int& into) const;
  void operator()(const char* key, std::vector<std::string>& into) const;
  // One that folders of older runs do not have.
  void maybe(const char* key, std::string& into) const;
  void maybe(const char* key, uint64_t& into) const;
  void maybe(const char* key, bool& into) const;
  // Every entry of a list; an absent one is empty.
  void each(const char* key, const std::function<Status(const In&)>& take) const;
  void fail(Error error) const;

 private:
  const In* in_;
  Status* status_;
};

Error wrong_key(const std::string& key, const std::string& allowed);
// [number, ...] of exactly so many.
Status take_numbers(const nlohmann::json& in, std::initializer_list<uint64_t*> into);

}  // namespace multiaz::chaos
