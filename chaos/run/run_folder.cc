#include "chaos/run/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/core/jsonio.h"
#include "chaos/judge/judge.h"
#include "chaos/plan/scenario_file.h"
#include "chaos/plan/text_file.h"
#include "chaos/report/report.h"
#include "chaos/run/digest.h"
#include "chaos/run/record_json.h"

namespace multiaz::chaos {

namespace {

using FolderJson = nlohmann::ordered_json;

Status put(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.flush();
  return out ? Status() : Status(Error(Code::kIo, path + " cannot be written"));
}

template <typename T>
std::string lines_of(const std::vector<T>& all) {
  std::string out;
  for (const T& one : all) out += jsonio::dump(to_json(one)) + "\n";
  return out;
}

template <typename T>
Status read_lines(const std::string& path, std::vector<T>& into) {
  const auto text = read_text(path);
  if (!text) return text.error();
  size_t number = 0;
  for (size_t from = 0; from < text->size();) {
    const size_t end = std::min(text->find('\n', from), text->size());
    const std::string where = path + ":" + std::to_string(++number) + ": ";
    const auto line = jsonio::parse(std::string_view(*text).substr(from, end - from));
    if (!line) return Error(Code::kInvalid, where + line.error().detail);
    auto one = read_part<T>(*line);
    if (!one) return Error(Code::kInvalid, where + one.error().detail);
    into.push_back(std::move(*one));
    from = end + 1;
  }
  return Status();
}

}  // namespace

Status write_run(const std::string& folder, const RunRecord& record, const std::string& toml) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return Error(Code::kIo, folder + ": " + failed.message());
  const FolderFiles files = {{"scenario.toml", toml},
                             {"history.jsonl", write_history(record.history)},
                             {"history.edn", to_edn(record.history)},
                             {"requests.jsonl", lines_of(record.requests)},
                             {"events.jsonl", lines_of(record.events)},
                             {"faults.jsonl", lines_of(record.faults)}};
  for (const auto& [name, text] : files) {
    if (Status done = put(folder + "/" + name, text); !done) return done;
  }
  FolderJson figures = figures_json(record);
  add_seal(figures, record, files);
  return put(folder + "/run.json", jsonio::dump(figures, 1) + "\n");
}

Status write_judged(const std::string& folder, const RunRecord& record, const JudgedRun& judged) {
  const std::pair<const char*, std::string> files[] = {
      {"result.json", result_json(record, judged) + "\n"},
      {"junit.xml", junit_xml(judged.verdict)},
      {"summary.md", summary_markdown(judged.verdict)},
      {"report.html", report_html(record, judged)}};
  for (const auto& [name, text] : files) {
    if (Status done = put(folder + "/" + name, text); !done) return done;
  }
  return write_digest(folder);
}

Result<RunRecord> read_run(const std::string& folder, bool with_digest) {
  const auto toml = read_text(folder + "/scenario.toml");
  if (!toml) return toml.error();
  auto scenario = read_scenario(folder + "/scenario.toml", *toml);
  if (!scenario) return scenario.error();
  RunRecord out;
  out.scenario = std::move(*scenario);
  const auto figures = read_text(folder + "/run.json");
  if (!figures) return figures.error();
  const auto parsed = jsonio::parse_object(*figures);
  const Status taken = parsed ? take_figures(*parsed, out) : Status(parsed.error());
  if (!taken) return Error(Code::kInvalid, folder + "/run.json: " + taken.error().detail);
  const auto text = read_text(folder + "/history.jsonl");
  if (!text) return text.error();
  auto history = read_history(*text);
  if (!history) return Error(Code::kInvalid, folder + "/history.jsonl: " + history.error().detail);
  out.history = std::move(*history);
  Status done = read_lines(folder + "/requests.jsonl", out.requests);
  if (done) done = read_lines(folder + "/events.jsonl", out.events);
  if (done) done = read_lines(folder + "/faults.jsonl", out.faults);
  if (!done) return done.error();
  if (with_digest) out.doubts = doubts_about(folder, *parsed, out);
  if (!with_digest && !out.roster.known() && out.scenario.topology.empty()) {
    out.roster = usual_roster();
  }
  return out;
}

std::string result_json(const RunRecord& record, const JudgedRun& judged) {
  const Verdict& verdict = judged.verdict;
  const int code = exit_code(verdict.worst());
  FolderJson out = {{"ok", code == 0},
                    {"exit_code", code},
                    {"ruling", to_string(verdict.worst())},
                    {"scenario", verdict.name},
                    {"replay", verdict.replay},
                    {"headline", verdict.headline}};
  for (const auto& [key, value] : verdict.properties) out[key] = value;
  out["elapsed_s"] = verdict.elapsed_s;
  out["claims"] = FolderJson::array();
  for (const Claim& claim : verdict.claims) {
    out["claims"].push_back(
        {{"name", claim.name}, {"ruling", to_string(claim.ruling)}, {"text", claim.text}});
  }
  out["figures"] = to_json(figures_of(record, judged));
  if (!record.control.empty()) out["control"] = to_json(record.control);
  out["faults"] = FolderJson::array();
  for (const FaultRecord& fault : record.faults) out["faults"].push_back(to_json(fault));
  return jsonio::dump(out);
}

std::string beside_text(const RunRecord& record, const JudgedRun& judged) {
  if (record.control.empty()) return "";
  std::string out = "beside the same without faults:\n";
  const Figures mine = figures_of(record, judged);
  for (size_t i = 0; i < mine.size() && i < record.control.size(); ++i) {
    out +=
        fmt::format("  {:<18} {} ({})\n", mine[i].first, mine[i].second, record.control[i].second);
  }
  return out;
}

std::string verdict_text(const JudgedRun& judged) {
  std::string out = claims_text(judged.verdict);
  const Ruling worst = judged.verdict.worst();
  out += (worst == Ruling::kHolds ? "OK" : "NOT OK: " + std::string(to_string(worst))) + "; " +
         judged.verdict.replay + "\n";
  if (!judged.verdict.headline.empty()) out += judged.verdict.headline + "\n";
  return out;
}

}  // namespace multiaz::chaos
