// The documents that aws:ssm:send-command may run. AWS owns them and their parameters; an unknown
// one is an error, never skipped.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/core/check.h"
#include "base/core/jsonio.h"
#include "base/core/nearest.h"
#include "chaos/fis/actions.h"

namespace multiaz::chaos {

namespace {

using DocumentJson = nlohmann::json;

constexpr uint64_t kDocumentSeconds = 60;
constexpr uint64_t kHogPercentMax = 95;  // the loop must have time to receive the end of it
constexpr uint64_t kHogMib = 128;

struct DocumentParameter {
  std::string_view name;
  FisValue value;
};

// A value of the fault, and the document's parameter that it comes from; "" = always `usual`.
struct DocumentFigure {
  std::string_view name, from;
  uint64_t usual = 0, low = 0, high = 0;
};

struct FisDocument {
  std::string_view name;
  FaultId kind;
  bool link;  // the fault is on the links of each target
  std::optional<DocumentFigure> figure;
  std::vector<DocumentParameter> parameters;  // without DurationSeconds and InstallDependencies
};

const std::vector<FisDocument>& documents() {
  using enum FisValue;
  static const std::vector<FisDocument> kDocuments = {
      {"AWSFIS-Run-CPU-Stress",
       "cpu_hog"_fault,
       false,
       DocumentFigure{"percent", "LoadPercent", 100, 1, kHogPercentMax},
       {{"LoadPercent", kPercent}, {"CPU", kText}}},
      {"AWSFIS-Run-Memory-Stress",
       "memory_hog"_fault,
       false,
       DocumentFigure{"amount", "", kHogMib, kHogMib, kHogMib},
       {{"Percent", kPercent}, {"Workers", kText}}},
      {"AWSFIS-Run-Kill-Process",
       "kill"_fault,
       false,
       std::nullopt,
       {{"ProcessName", kText}, {"Signal", kText}}},
      {"AWSFIS-Run-Network-Latency",
       "delay"_fault,
       true,
       DocumentFigure{"delay_ms", "DelayMilliseconds", 200, 1, 60'000},
       {{"DelayMilliseconds", kMilliseconds}, {"Interface", kText}}},
      {"AWSFIS-Run-Network-Packet-Loss",
       "reset"_fault,
       true,
       DocumentFigure{"percent", "LossPercent", 7, 1, 100},
       {{"LossPercent", kPercent}, {"Interface", kText}}},
      {"AWSFIS-Run-Network-Blackhole-Port",
       "black_hole"_fault,
       true,
       std::nullopt,
       {{"Port", kText}, {"Protocol", kText}, {"TrafficType", kText}}},
  };
  return kDocuments;
}

std::string document_name(const std::string& arn) {
  return arn.substr(arn.find_last_of('/') + 1);
}

const FisDocument* find_document(const std::string& arn) {
  const auto found = std::ranges::find(documents(), document_name(arn), &FisDocument::name);
  return found == documents().end() ? nullptr : &*found;
}

std::string given_text(const DocumentJson& given, const std::string& key) {
  const DocumentJson* value = jsonio::find(given, key);
  if (value == nullptr) return "";
  return value->is_number_unsigned() ? jsonio::dump(*value) : jsonio::text_or_empty(*value);
}

DocumentJson given_parameters(const FisAction& action) {
  const auto text = action.parameters.find("documentParameters");
  if (text == action.parameters.end()) return DocumentJson::object();
  auto given = jsonio::parse_object(text->second);
  return given ? std::move(*given) : DocumentJson::object();
}

}  // namespace

Status check_fis_document(const std::string& arn) {
  if (find_document(arn) != nullptr) return Status();
  std::vector<std::string_view> names;
  for (const FisDocument& one : documents()) names.push_back(one.name);
  const std::string near = nearest(document_name(arn), names);
  return Error(
      Code::kInvalid,
      fmt::format("the document \"{}\" is not known here{} Known are {}", document_name(arn),
                  near.empty() ? "" : "; did you mean \"" + near + "\"?", fmt::join(names, ", ")));
}

void check_document_parameters(const std::string& arn, const std::string& text,
                               const std::string& where, Problems& problems) {
  const FisDocument* document = find_document(arn);
  if (document == nullptr) return;  // this is a problem of its own
  const auto given = jsonio::parse_object(text);
  if (!given) return problems.add(where, "a JSON object in a text: " + given.error().detail);
  std::vector<DocumentParameter> all = document->parameters;
  all.push_back({"DurationSeconds", FisValue::kSeconds});
  all.push_back({"InstallDependencies", FisValue::kText});
  std::vector<std::string_view> names;
  for (const DocumentParameter& one : all) names.push_back(one.name);
  for (const auto& [key, value] : given->items()) {
    problems.check_key(where + ".", key, names);
    const auto known =
        std::ranges::find_if(all, [&key = key](const auto& one) { return one.name == key; });
    if (known == all.end()) continue;
    if (!value.is_string() && !value.is_number_unsigned()) {
      problems.add(where + "." + key, "a text is needed here");
      continue;
    }
    const Status good = check_fis_value(known->value, given_text(*given, key));
    if (!good) problems.add(where + "." + key, good.error().detail);
  }
}

FisStep run_fis_document(const FisAction& action, const std::vector<std::string>& ids,
                         double scale) {
  const auto arn = action.parameters.find("documentArn");
  CHECK(arn != action.parameters.end());  // checked with the template, also that it is known
  const FisDocument* document = find_document(arn->second);
  const DocumentJson given = given_parameters(action);
  const uint64_t seconds = fis_number(given_text(given, "DurationSeconds"), kDocumentSeconds);
  const bool lasts = document->kind != "kill"_fault;
  const uint64_t for_ms = lasts ? scaled_fis_ms(seconds * 1000, scale) : 0;
  std::map<std::string, uint64_t> figures;
  if (const auto& figure = document->figure) {
    const std::string text = given_text(given, std::string(figure->from));
    figures[std::string(figure->name)] =
        std::clamp(fis_number(text, figure->usual), figure->low, figure->high);
  }
  return document->link ? each_link(ids, document->kind, for_ms, figures)
                        : each_target(ids, document->kind, for_ms, figures);
}

}  // namespace multiaz::chaos
