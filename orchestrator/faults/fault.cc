#include "orchestrator/faults/fault.h"

#include <nlohmann/json.hpp>

#include "base/core/json_fields.h"
#include "base/core/jsonio.h"

namespace multiaz::orchestrator {

Result<Fault> fault_from_json(const std::string& text) {
  const auto parsed = jsonio::parse(text);
  if (!parsed) return parsed.error();
  Fault fault;
  jsonio::Fields<nlohmann::json> in(*parsed);
  in.need("id", fault.id).need("kind", fault.kind).need("owner", fault.owner);
  in.need("a", fault.a).need("b", fault.b);
  in.need("from", fault.from).need("to", fault.to).need("touched", fault.touched);
  in.need("delay_ms", fault.delay_ms).need("jitter_ms", fault.jitter_ms);
  in.may("amount", fault.amount).may("percent", fault.percent).may("point", fault.point);
  in.need("since_ns", fault.since).need("until_ns", fault.until);
  if (!in.ok()) return in.error();
  return fault;
}

nlohmann::ordered_json fault_json(const Fault& fault) {
  nlohmann::ordered_json out;
  out["id"] = fault.id;
  out["kind"] = fault.kind;
  out["owner"] = fault.owner;
  out["a"] = fault.a;
  out["b"] = fault.b;
  out["from"] = fault.from;
  out["to"] = fault.to;
  out["touched"] = fault.touched;
  out["delay_ms"] = fault.delay_ms;
  out["jitter_ms"] = fault.jitter_ms;
  out["amount"] = fault.amount;
  out["percent"] = fault.percent;
  out["point"] = fault.point;
  out["since_ns"] = fault.since;
  out["until_ns"] = fault.until;
  return out;
}

}  // namespace multiaz::orchestrator
