#include "chaos/run/digest.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "base/wire/hash.h"
#include "chaos/plan/text_file.h"

namespace multiaz::chaos {

namespace {

using DigestJson = nlohmann::ordered_json;
using Seen = std::map<std::string, uint64_t>;

constexpr const char* kSealed[] = {"scenario.toml",  "run.json",     "history.jsonl", "history.edn",
                                   "requests.jsonl", "events.jsonl", "faults.jsonl",  "result.json",
                                   "junit.xml",      "summary.md",   "report.html"};
// The files whose digests are in run.json.
constexpr const char* kChained[] = {"scenario.toml",  "history.jsonl", "history.edn",
                                    "requests.jsonl", "events.jsonl",  "faults.jsonl"};

std::string digest_of(const std::string& text) {
  return wire::to_hex(wire::bytes_of(wire::sha256(text)));
}

Seen counted(const RunRecord& record) {
  Seen out;
  for (const char* key : {"answered", "refused", "in_doubt", "final", "requests_ok",
                          "requests_failed", "faults_bit"}) {
    out[key] = 0;
  }
  for (const Operation& one : record.history) {
    if (one.end == Operation::End::kOk) ++out["answered"];
    if (one.end == Operation::End::kFail) ++out["refused"];
    if (one.end == Operation::End::kInfo) ++out["in_doubt"];
    out["final"] += one.process.starts_with("final");
  }
  for (const Request& one : record.requests) ++out[one.ok ? "requests_ok" : "requests_failed"];
  for (const FaultRecord& one : record.faults) out["faults_bit"] += one.bit;
  const Bounds& bounds = record.scenario.bounds;
  out.insert({{"faults", record.faults.size()},
              {"faults_planned", record.scenario.faults.size()},
              {"events", record.events.size()},
              {"members", record.members.size()},
              {"roster", record.roster.members.size()},
              {"claims_bounded", bounds.limits.size() + bounds.outage_ms_max.size()}});
  return out;
}

void add(std::string& doubts, const std::string& text) {
  doubts += (doubts.empty() ? "" : "; ") + text;
}

// The files whose digest under `all` differs, or that are not there.
template <size_t N>
void compare_files(const std::string& folder, const nlohmann::json& all,
                   const char* const (&names)[N], std::string& doubts) {
  std::string changed, missing, unknown;
  const auto note = [](std::string& into, const char* name) {
    into += (into.empty() ? "" : ", ") + std::string(name);
  };
  for (const char* name : names) {
    const auto wanted = jsonio::text(all, name);
    const auto text = read_text(folder + "/" + name);
    if (!text)
      note(missing, name);
    else if (!wanted)
      note(unknown, name);
    else if (digest_of(*text) != *wanted)
      note(changed, name);
  }
  if (!changed.empty()) add(doubts, "was changed after the run: " + changed);
  if (!missing.empty()) add(doubts, "is missing: " + missing);
  if (!unknown.empty()) add(doubts, "has no digest: " + unknown);
}

void compare_counts(const nlohmann::json& figures, const RunRecord& record, std::string& doubts) {
  const auto recorded = jsonio::object(figures, "recorded");
  if (!recorded || (*recorded)->empty()) {
    return add(doubts, "run.json does not say how much was recorded");
  }
  for (const auto& [key, seen] : counted(record)) {
    const auto then = jsonio::count(**recorded, key);
    if (then && *then == seen) continue;
    add(doubts, key + ": " + std::to_string(seen) + " are here, the run recorded " +
                    (then ? std::to_string(*then) : std::string("nothing of it")));
  }
}

}  // namespace

void add_seal(DigestJson& figures, const RunRecord& record, const FolderFiles& files) {
  DigestJson digests = DigestJson::object(), recorded = DigestJson::object();
  for (const auto& [name, text] : files) digests[name] = digest_of(text);
  for (const auto& [key, seen] : counted(record)) recorded[key] = seen;
  figures["recorded"] = std::move(recorded);
  figures["files"] = std::move(digests);
}

Status write_digest(const std::string& folder) {
  DigestJson files = DigestJson::object();
  for (const char* name : kSealed) {
    const auto text = read_text(folder + "/" + name);
    if (!text) return text.error();
    files[name] = digest_of(*text);
  }
  DigestJson out;
  out["algorithm"] = "SHA-256";
  out["files"] = std::move(files);
  const std::string path = folder + "/digest.json";
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << jsonio::dump(out, 1) << "\n";
  file.flush();
  return file ? Status() : Status(Error(Code::kIo, path + " cannot be written"));
}

std::string doubts_about(const std::string& folder, const nlohmann::json& figures,
                         const RunRecord& record) {
  std::string doubts;
  const auto text = read_text(folder + "/digest.json");
  const auto digest = text ? jsonio::parse_object(*text) : text.error();
  const auto files = digest ? jsonio::object(*digest, "files") : digest.error();
  if (!text) {
    add(doubts, "there is no digest.json: whether anything was changed cannot be known");
  } else if (!files) {
    add(doubts, "digest.json: " + files.error().detail);
  } else {
    compare_files(folder, **files, kSealed, doubts);
  }
  const auto chained = jsonio::object(figures, "files");
  std::string behind;
  if (chained) compare_files(folder, **chained, kChained, behind);
  if (!behind.empty() && doubts.empty()) add(doubts, "against run.json: " + behind);
  compare_counts(figures, record, doubts);
  return doubts;
}

std::string other_verdict(const std::string& folder, const JudgedRun& judged) {
  const auto text = read_text(folder + "/result.json");
  if (!text) return "there is no result.json";
  const auto result = jsonio::parse_object(*text);
  const auto claims = result ? jsonio::array(*result, "claims") : result.error();
  if (!claims) return "result.json: " + claims.error().detail;
  std::map<std::string, std::pair<std::string, std::string>> then;
  for (const nlohmann::json& one : **claims) {
    const auto name = jsonio::text(one, "name"), ruling = jsonio::text(one, "ruling"),
               said = jsonio::text(one, "text", "");
    if (!name || !ruling || !said) return "result.json has claims that are none";
    then[*name] = {*ruling, *said};
  }
  std::string out;
  const auto whole = jsonio::text(*result, "ruling");
  if (!whole || *whole != to_string(judged.verdict.worst())) {
    add(out, "the run came to another end (result.json)");
  }
  for (const Claim& claim : judged.verdict.claims) {
    const auto known = then.find(claim.name);
    const bool same = known != then.end() && known->second.first == to_string(claim.ruling) &&
                      known->second.second == claim.text;
    if (!same) add(out, "\"" + claim.name + "\" was judged otherwise by the run (result.json)");
    if (known != then.end()) then.erase(known);
  }
  for (const auto& [name, said] : then) add(out, "the run also judged \"" + name + "\"");
  return out;
}

}  // namespace multiaz::chaos
