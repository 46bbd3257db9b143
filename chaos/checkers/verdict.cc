#include "chaos/checkers/verdict.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "chaos/checkers/markup.h"

namespace multiaz::chaos {

namespace {

// Of XML, also in attributes; what XML 1.0 cannot hold becomes '?'.
std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : escape_markup(text)) {
    const bool control = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
    if (c == '\n')
      out += "&#10;";
    else
      out += control ? '?' : c;
  }
  return out;
}

std::string table_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string seconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

}  // namespace

std::string_view to_string(Ruling ruling) {
  switch (ruling) {
    case Ruling::kHolds: return "holds";
    case Ruling::kInconclusive: return "inconclusive";
    case Ruling::kNotApplied: return "not applied";
    case Ruling::kUnhealthy: return "unhealthy";
    case Ruling::kViolated: return "violated";
  }
  return "";
}

int exit_code(Ruling ruling) {
  switch (ruling) {
    case Ruling::kHolds: return 0;
    case Ruling::kInconclusive: return 2;
    case Ruling::kNotApplied: return 4;
    case Ruling::kUnhealthy: return 3;
    case Ruling::kViolated: return 1;
  }
  return 255;
}

Ruling Verdict::worst() const {
  if (claims.empty()) return Ruling::kInconclusive;
  Ruling out = Ruling::kHolds;
  for (const Claim& claim : claims) out = std::max(out, claim.ruling);
  return out;
}

std::string junit_xml(const Verdict& verdict) {
  size_t failures = 0, errors = 0;
  std::string cases;
  for (const Claim& claim : verdict.claims) {
    cases += "    <testcase classname=\"" + xml_text(verdict.name) + "\" name=\"" +
             xml_text(claim.name) + "\"";
    if (claim.ruling == Ruling::kHolds) {
      cases += "/>\n";
      continue;
    }
    const bool failed = claim.ruling == Ruling::kViolated;
    ++(failed ? failures : errors);
    const char* kind = failed ? "failure" : "error";
    cases += std::string(">\n      <") + kind + " message=\"" +
             xml_text(std::string(to_string(claim.ruling)) + ": " + claim.text) + "\">" +
             xml_text(claim.text + "\nagain: " + verdict.replay) + "</" + kind +
             ">\n    </testcase>\n";
  }
  const std::string counts = "tests=\"" + std::to_string(verdict.claims.size()) + "\" failures=\"" +
                             std::to_string(failures) + "\" errors=\"" + std::to_string(errors) +
                             "\" time=\"" + seconds(verdict.elapsed_s) + "\"";
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites " + counts +
                    ">\n  <testsuite name=\"" + xml_text(verdict.name) + "\" " + counts +
                    ">\n    <properties>\n";
  std::vector<std::pair<std::string, std::string>> properties = verdict.properties;
  if (!verdict.headline.empty()) properties.emplace_back("headline", verdict.headline);
  for (const auto& [name, value] : properties) {
    out += "      <property name=\"" + xml_text(name) + "\" value=\"" + xml_text(value) + "\"/>\n";
  }
  return out + "    </properties>\n" + cases + "  </testsuite>\n</testsuites>\n";
}

std::string summary_markdown(const Verdict& verdict) {
  const Ruling worst = verdict.worst();
  std::string out =
      "## " + verdict.name + ": " +
      (worst == Ruling::kHolds ? "every claim holds" : std::string(to_string(worst))) + "\n\n" +
      (verdict.headline.empty() ? "" : "**" + verdict.headline + "**\n\n") +
      "| claim | outcome | |\n|---|---|---|\n";
  const std::string tail =
      "\nAgain: `" + verdict.replay + "` (" + seconds(verdict.elapsed_s) + " s)\n";
  // What is wrong comes first: a long page is cut at its end.
  std::vector<Claim> sorted = verdict.claims;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Claim& a, const Claim& b) { return a.ruling > b.ruling; });
  for (const Claim& claim : sorted) {
    const std::string row = "| " + table_text(claim.name) + " | " +
                            std::string(to_string(claim.ruling)) + " | " + table_text(claim.text) +
                            " |\n";
    if (out.size() + row.size() + tail.size() + 80 > kSummaryBytesMax) {
      out += "| ... | | the rest is in the report |\n";
      break;
    }
    out += row;
  }
  return out + tail;
}

}  // namespace multiaz::chaos
