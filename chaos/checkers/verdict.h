// The verdict of a run: claims, each with its outcome, the worst of which is the verdict and the
// exit code; and the verdict as JUnit XML (a testcase a claim) and as a page for a CI job's
// summary. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace multiaz::chaos {

// In order from best to worst. A checker that could not decide says kInconclusive, never kHolds.
enum class Ruling {
  kHolds,         // exit code 0
  kInconclusive,  // 2: too little evidence
  kNotApplied,    // 4: a fault had no verified effect
  kUnhealthy,     // 3: not healthy before a fault
  kViolated,      // 1
};
std::string_view to_string(Ruling ruling);
int exit_code(Ruling ruling);
constexpr int kExitBadInput = 254;  // nothing was run

struct Claim {
  std::string name;  // "no acknowledged order is lost"
  Ruling ruling = Ruling::kHolds;
  std::string text;  // the numbers, or what was found instead
};

struct Verdict {
  std::string name;      // "demo"
  std::string replay;    // the command that repeats the run
  std::string headline;  // the result in one line; "" = nothing was measured
  double elapsed_s = 0;
  std::vector<std::pair<std::string, std::string>> properties;  // "seed": "1"
  std::vector<Claim> claims;

  [[nodiscard]] Ruling worst() const;  // without claims: kInconclusive
};

// One line a claim: its outcome, its name, its text.
std::string claims_text(const Verdict& verdict);
// Writes the common subset that every CI reads: testsuites, testsuite, testcase, failure, error,
// properties. A claim that is inconclusive is an error, never skipped.
std::string junit_xml(const Verdict& verdict);
// Writes Markdown, below kSummaryBytesMax.
constexpr size_t kSummaryBytesMax = 60 << 10;
std::string summary_markdown(const Verdict& verdict);

// Escapes text for HTML, SVG and XML, also in attributes.
std::string escape_markup(std::string_view text);

}  // namespace multiaz::chaos
