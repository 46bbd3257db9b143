#include "chaos/checkers/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace multiaz::chaos {

namespace {

// Makes text valid in XML, also in attributes; characters that XML 1.0 cannot hold become '?'.
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

std::string row_of(const Claim& claim) {
  return fmt::format("| {} | {} | {} |\n", table_text(claim.name), to_string(claim.ruling),
                     table_text(claim.text));
}

}  // namespace

std::string escape_markup(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

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

std::string claims_text(const Verdict& verdict) {
  std::string out;
  for (const Claim& claim : verdict.claims) {
    out += fmt::format("  {:<13} {}{}{}\n", to_string(claim.ruling), claim.name,
                       claim.text.empty() ? "" : ": ", claim.text);
  }
  return out;
}

std::string junit_xml(const Verdict& verdict) {
  size_t failures = 0, errors = 0;
  std::string cases;
  for (const Claim& claim : verdict.claims) {
    cases += fmt::format(R"(    <testcase classname="{}" name="{}")", xml_text(verdict.name),
                         xml_text(claim.name));
    if (claim.ruling == Ruling::kHolds) {
      cases += "/>\n";
      continue;
    }
    const bool failed = claim.ruling == Ruling::kViolated;
    ++(failed ? failures : errors);
    const char* kind = failed ? "failure" : "error";
    cases += fmt::format(
        ">\n      <{0} message=\"{1}: {2}\">{2}&#10;again: {3}</{0}>\n    </testcase>\n", kind,
        to_string(claim.ruling), xml_text(claim.text), xml_text(verdict.replay));
  }
  const std::string counts =
      fmt::format(R"(tests="{}" failures="{}" errors="{}" time="{:.3f}")", verdict.claims.size(),
                  failures, errors, verdict.elapsed_s);
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {0}>\n  <testsuite name=\"{1}\" "
      "{0}>\n"
      "    <properties>\n",
      counts, xml_text(verdict.name));
  std::vector<std::pair<std::string, std::string>> properties = verdict.properties;
  if (!verdict.headline.empty()) properties.emplace_back("headline", verdict.headline);
  for (const auto& [name, value] : properties) {
    out += fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", xml_text(name),
                       xml_text(value));
  }
  return out + "    </properties>\n" + cases + "  </testsuite>\n</testsuites>\n";
}

std::string summary_markdown(const Verdict& verdict) {
  const Ruling worst = verdict.worst();
  std::string out =
      fmt::format("## {}: {}\n\n{}| claim | outcome | |\n|---|---|---|\n", verdict.name,
                  worst == Ruling::kHolds ? "every claim holds" : to_string(worst),
                  verdict.headline.empty() ? "" : "**" + verdict.headline + "**\n\n");
  const std::string tail =
      fmt::format("\nAgain: `{}` ({:.3f} s)\n", verdict.replay, verdict.elapsed_s);
  // Claims that do not hold come first: a long page is cut at its end.
  std::vector<Claim> sorted = verdict.claims;
  std::ranges::stable_sort(sorted,
                           [](const Claim& a, const Claim& b) { return a.ruling > b.ruling; });
  for (const Claim& claim : sorted) {
    const std::string row = row_of(claim);
    if (out.size() + row.size() + tail.size() + 80 > kSummaryBytesMax) {
      out += "| ... | | the rest is in the report |\n";
      break;
    }
    out += row;
  }
  return out + tail;
}

}  // namespace multiaz::chaos
