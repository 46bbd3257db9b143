#include "orchestrator/faults/fault_table.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/core/log.h"
#include "base/faults/checks.h"

namespace multiaz::orchestrator {

Status FaultTable::load() {
  const auto stored = store_.faults();
  if (!stored) return stored.error();
  for (const auto& [id, text] : *stored) {
    auto fault = fault_from_json(text);
    if (!fault) return Error(Code::kCorrupt, "stored fault " + id + ": " + fault.error().detail);
    faults_[id] = std::move(*fault);
    const uint64_t number = id.empty() ? 0 : std::strtoull(id.c_str() + 1, nullptr, 10);
    next_ = std::max(next_, number + 1);
  }
  return Status();
}

Result<Fault> FaultTable::add(Fault fault) {
  const auto kind = placeable(fault.kind);
  if (!kind) return kind.error();
  const auto figures = check_figures(
      **kind, {fault.delay_ms, fault.jitter_ms, fault.amount, fault.percent, fault.point});
  if (!figures) return figures.error();
  fault.amount = figures->amount;
  fault.percent = figures->percent;
  if (faults_.size() >= kFaultsMax) {
    return Error(Code::kLimit,
                 "there are " + std::to_string(kFaultsMax) + " faults already: heal some");
  }
  size_t pairs = pairs_of(fault);
  for (const auto& [id, one] : faults_) pairs += pairs_of(one);
  if (pairs > kFaultPairsMax) {
    return Error(Code::kLimit, "the faults would disturb " + std::to_string(pairs) +
                                   " links, and at most " + std::to_string(kFaultPairsMax) +
                                   " are allowed: heal some, or name fewer ends");
  }
  fault.id = "f" + std::to_string(next_++);
  faults_[fault.id] = fault;
  save();
  return fault;
}

std::vector<Fault> FaultTable::heal(const std::string& id) {
  std::vector<Fault> healed;
  for (auto it = faults_.begin(); it != faults_.end();) {
    if (id != "all" && it->first != id && id != "owner:" + it->second.owner) {
      ++it;
      continue;
    }
    healed.push_back(it->second);
    it = faults_.erase(it);
  }
  if (!healed.empty()) save();
  return healed;
}

std::vector<Fault> FaultTable::expire(Nanos now) {
  std::vector<Fault> over;
  for (auto it = faults_.begin(); it != faults_.end();) {
    if (it->second.until > now) {
      ++it;
      continue;
    }
    over.push_back(it->second);
    it = faults_.erase(it);
  }
  if (!over.empty()) save();
  return over;
}

std::vector<Fault> FaultTable::spent(const std::string& ended) {
  std::vector<Fault> over;
  for (auto& [id, fault] : faults_) {
    const FaultKind* kind = find_fault(fault.kind);
    const auto was = std::find(fault.touched.begin(), fault.touched.end(), ended);
    if (kind == nullptr || !ends_process(*kind) || was == fault.touched.end()) continue;
    const auto place = static_cast<size_t>(was - fault.touched.begin());
    fault.touched.erase(was);
    fault.from.erase(fault.from.begin() + static_cast<long>(place));
    if (fault.touched.empty()) over.push_back(fault);
  }
  for (const Fault& fault : over) faults_.erase(fault.id);
  if (!over.empty()) save();
  return over;
}

namespace {

wire::FaultInfo info_of(const Fault& fault, const std::string& from, const std::string& to,
                        Nanos now) {
  wire::FaultInfo info;
  info.id = fault.id;
  info.kind = fault.kind;
  info.a = from;
  info.b = to;
  info.delay_ms = fault.delay_ms;
  info.jitter_ms = fault.jitter_ms;
  info.amount = fault.amount;
  info.percent = fault.percent;
  info.point = fault.point;
  info.ttl_ms = (fault.until - now + kMillisecond - 1) / kMillisecond;
  return info;
}

}  // namespace

std::vector<wire::FaultInfo> FaultTable::pairs(Nanos now, bool of_control) const {
  std::vector<wire::FaultInfo> out;
  for (const auto& [id, fault] : faults_) {
    if (fault.until <= now || touches_control(fault) != of_control) continue;
    for (const std::string& from : fault.from) {
      if (fault.to.empty()) out.push_back(info_of(fault, from, "", now));
      for (const std::string& to : fault.to) {
        if (from != to) out.push_back(info_of(fault, from, to, now));
      }
    }
  }
  return out;
}

// A failed write only means that a restarted orchestrator does not list the fault, which still ends
// by itself.
void FaultTable::save() {
  std::map<std::string, std::string> rows;
  for (const auto& [id, fault] : faults_) rows[id] = jsonio::dump(fault_json(fault));
  const Status saved = store_.set_faults(rows);
  if (!saved) log::warn("faults are not saved: " + saved.error().text());
}

}  // namespace multiaz::orchestrator
