// ConsumedCapacity: what a request used of each table, reported in the form that it asked for.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "awsapi/dynamodb/fault.h"

namespace multiaz::awsapi::dynamodb {

double read_units(size_t bytes, bool consistent);
double write_units(size_t bytes);

class Capacity {
 public:
  // Reads ReturnConsumedCapacity: INDEXES, TOTAL or NONE; another word is a ValidationException.
  static Outcome<Capacity> asked_by(const nlohmann::json& request);
  // Whether the request asked for a report.
  [[nodiscard]] bool wanted() const { return wanted_; }

  void read(const std::string& table, double units) { used_[table].read += units; }
  void write(const std::string& table, double units) { used_[table].write += units; }
  // Adds the key to the answer as an object, for operations on one table.
  void report_one(nlohmann::json& answer) const;
  // Adds the key as a list, for batches and for transactions, which report reads and writes apart.
  void report_list(nlohmann::json& answer, bool apart) const;

 private:
  struct Used {
    double read = 0, write = 0;
  };
  [[nodiscard]] nlohmann::json about(const std::string& table, const Used& used, bool apart) const;
  bool wanted_ = false, by_index_ = false;
  std::map<std::string, Used> used_;
};

}  // namespace multiaz::awsapi::dynamodb
