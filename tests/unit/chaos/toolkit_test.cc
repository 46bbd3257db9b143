// Chaos Toolkit experiments: how they are read, and what their tolerances mean.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <optional>

#include "chaos/toolkit/experiment.h"

namespace multiaz::chaos {
namespace {

std::string file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

const Environment& environment() {
  static const Environment kEnvironment = [](const std::string& key) -> std::optional<std::string> {
    if (key == "ZONE") return "az-c";
    if (key == "COUNT") return "7";
    return std::nullopt;
  };
  return kEnvironment;
}

// An experiment whose only step has this provider.
std::string step(const std::string& provider, const std::string& more = "") {
  return R"({"title":"t","method":[{"type":"action","name":"n","provider":)" + provider + "}]" +
         more + "}";
}

std::string refused(const std::string& text, ExperimentFormat format = ExperimentFormat::kJson) {
  const auto got = read_experiment(text, environment(), format);
  return got ? "accepted" : got.error().detail;
}

TEST(Toolkit, ConfigurationIsSubstitutedAndPythonIsRefused) {
  const auto good = read_experiment(file("examples/toolkit/carts-survive.json"), environment());
  ASSERT_TRUE(good.ok()) << good.error().detail;
  EXPECT_EQ(good->hypothesis[0].url, "http://127.0.0.1:8080/");
  EXPECT_EQ(good->method[0].arguments[3], "az-c");
  EXPECT_EQ(refused(step(R"({"type":"python"})")),
            "method[0].provider.type: python providers are not carried out here: use process or "
            "http");
}

TEST(Toolkit, ATextOfArgumentsIsForAShellAListIsNot) {
  const auto shell = read_experiment(
      step(R"({"type":"process","path":"echo","arguments":"a | tr a x > f"})"), environment());
  ASSERT_TRUE(shell.ok()) << shell.error().detail;
  EXPECT_TRUE(shell->method[0].shell);
  EXPECT_EQ(shell->method[0].arguments, std::vector<std::string>{"a | tr a x > f"});
  const auto list = read_experiment(
      step(R"({"type":"process","path":"touch","arguments":["a b $HOME",3,true,null,""]})"),
      environment());
  ASSERT_TRUE(list.ok()) << list.error().detail;
  EXPECT_FALSE(list->method[0].shell);
  EXPECT_EQ(list->method[0].arguments, (std::vector<std::string>{"a b $HOME", "3", "True"}));
  const auto object = read_experiment(
      step(R"({"type":"process","path":"echo","arguments":{"--a":null,"-b":"x y"}})"),
      environment());
  ASSERT_TRUE(object.ok()) << object.error().detail;
  EXPECT_EQ(object->method[0].arguments, (std::vector<std::string>{"--a", "-b", "x y"}));
}

TEST(Toolkit, ValuesComeFromConfigurationSecretsAndTheEnvironment) {
  const auto got = read_experiment(step(R"({"type":"process","path":"echo",
               "arguments":["${zone}","$who-${n}","$$x ${unknown} $","${n}"]})",
                                        R"(,"configuration":{"zone":{"type":"env","key":"ZONE"},
               "n":{"type":"env","key":"COUNT","env_var_type":"int"}},
               "secrets":{"shop":{"who":"me"}})"),
                                   environment());
  ASSERT_TRUE(got.ok()) << got.error().detail;
  EXPECT_EQ(got->method[0].arguments,
            (std::vector<std::string>{"az-c", "me-7", "$x ${unknown} $", "7"}));
}

TEST(Toolkit, WhatIsNotCarriedOutIsRefusedByName) {
  const std::string process = R"({"type":"process","path":"true"})";
  const std::pair<std::string, std::string> kWrong[] = {
      {step(process, R"(,"controls":[{"name":"c"}])"), "controls: not carried out here"},
      {step(process, R"(,"dry":true)"), "dry: not carried out here"},
      {step(process, R"(,"steady-state-hypothesiz":{})"),
       "did you mean \"steady-state-hypothesis\"?"},
      {step(process, R"(,"configuration":{"a":{"type":"probe"}})"),
       "configuration.a.type: \"probe\""},
      {step(process, R"(,"secrets":{"s":{"a":{"type":"vault"}}})"), "secrets.s.a.type: \"vault\""},
      {step(process, R"(,"secrets":{"s":5})"), "secrets.s: an object"},
      {step(process, R"(,"configuration":{"a":{"type":"env","key":"NONE"}})"),
       "the environment has no NONE"},
      {step(process, R"(,"runtime":{"rollbacks":{"strategy":"sometimes"}})"),
       "runtime.rollbacks.strategy: one of default"},
      {step(process, R"(,"rollbacks":[{"ref":"nobody"}])"), "rollbacks[0].ref: there is no"},
      {step(process, R"(,"rollbacks":5)"), "rollbacks: a list"},
      {step(R"({"type":"process","path":"true","argument":"x"})"),
       "method[0].provider.argument: there is no such key here; did you mean \"arguments\"?"},
      {step(R"({"type":"process","path":"true","arguments":5})"), "a text, a list or an object"},
      {step(R"({"type":"process","path":"true","arguments":[[1]]})"), "a text, a number"},
      {step(R"({"type":"process","path":"true","timeout":-1})"), "timeout: seconds"},
      {step(R"({"type":"http","url":"https://x"})"), "url: http://"},
      {step(R"({"type":"http","url":"http://x","max_retries":3})"), "max_retries"},
      {step(R"({"type":"http","url":["http://x"]})"), "url: a text"},
      {step(R"({"type":"http","url":"http://x","method":"GE T"})"), "provider.method: this is none"},
      {step(R"({"type":"http","url":"http://x","headers":{"a b":"c"}})"),
       "no header has this name: a b"},
      {"[]", "no JSON object"}};
  for (const auto& [text, part] : kWrong) {
    EXPECT_NE(refused(text).find(part), std::string::npos) << part << "\n--- got\n"
                                                           << refused(text);
  }
}

bool met(const std::string& tolerance, const std::string& output) {
  const auto got = tolerated(tolerance, output);
  EXPECT_TRUE(got.ok()) << tolerance << ": " << (got ? "" : got.error().detail);
  return got && *got;
}

TEST(Toolkit, TolerancesKeepTheOriginalsQuirks) {
  const std::string ok = R"({"status":204,"body":{"items":[{"n":1},{"n":2}]}})";
  const std::string process = R"({"status":0,"stdout":"0.995\n","stderr":""})";
  EXPECT_TRUE(met("204", ok));
  EXPECT_FALSE(met("[200,299]", ok)) << "membership for a result";
  EXPECT_TRUE(met("[200,204]", ok));
  EXPECT_TRUE(met("[1,10]", "5")) << "a range for a plain value";
  EXPECT_TRUE(met("0", process));
  EXPECT_FALSE(met("1", process));
  for (const std::string& result : {ok, process}) {
    EXPECT_FALSE(met("true", result)) << "a result is not true";
    EXPECT_FALSE(met("false", result)) << "nor false";
    EXPECT_FALSE(met("\"0.995\"", result)) << "nor a text";
  }
  EXPECT_TRUE(met("true", "true"));
  EXPECT_TRUE(met("1", "true")) << "as the original's language has it";
  EXPECT_FALSE(tolerated("0.5", "0.5").ok()) << "a number with a fraction is not valid";
  EXPECT_FALSE(tolerated(R"({"type":"probe"})", "1").ok());
}

TEST(Toolkit, ARangeNeedsANumberAndNothingElse) {
  const auto of = [](const std::string& text) {
    return R"({"status":0,"stdout":")" + text + R"(","stderr":""})";
  };
  const std::string range = R"({"type":"range","target":"stdout","range":[0,20]})";
  for (const char* good : {"12", " 12\\n", "0", "20", "1e1", "12.5", "+3", "1_0"}) {
    EXPECT_TRUE(met(range, of(good))) << good;
  }
  for (const char* bad : {"12ms", "", "21", "-1", "nan", "inf", "0x10", "1 2", "twelve"}) {
    EXPECT_FALSE(met(range, of(bad))) << bad;
  }
  EXPECT_FALSE(met(R"({"type":"range","range":[0,20]})", of("12"))) << "a result is no number";
  for (const char* wrong : {R"({"type":"range"})", R"({"type":"range","range":[1]})",
                            R"({"type":"range","range":["a","b"]})"}) {
    EXPECT_FALSE(check_tolerance(wrong).ok()) << wrong;
  }
}

TEST(Toolkit, APathFindsAlsoWhatIsDeep) {
  const std::string ok =
      R"({"status":200,"body":{"items":[{"n":1},{"n":2,"error":null}],"a b":{"n":3}}})";
  const auto path = [](const std::string& text, const std::string& more) {
    return R"({"type":"jsonpath","target":"body","path":")" + text + "\"," + more + "}";
  };
  EXPECT_TRUE(met(path("$.items[*].n", R"("expect":[1,2])"), ok));
  EXPECT_TRUE(met(path("$.items[1].n", R"("expect":2)"), ok));
  EXPECT_TRUE(met(path("$.items[-1].n", R"("expect":2)"), ok));
  EXPECT_TRUE(met(path("$.items[0:1].n", R"("expect":1)"), ok));
  EXPECT_TRUE(met(path("$['a b']['n']", R"("expect":3)"), ok));
  EXPECT_TRUE(met(path("$.items[*]", R"("count":2)"), ok));
  EXPECT_TRUE(met(path("$..n", R"("count":3)"), ok));
  EXPECT_FALSE(met(path("$..error", R"("count":0)"), ok));
  EXPECT_TRUE(met(path("$..errors", R"("count":0)"), ok));
  EXPECT_FALSE(met(path("$..n", R"("count":3,"expect":[1])"), ok)) << "expect counts";
  EXPECT_TRUE(met(R"({"type":"jsonpath","target":"stdout","path":"$.a","expect":1})",
                  R"({"status":0,"stdout":"{\"a\":1}"})"))
      << "a text that is JSON is looked into";
  for (const char* wrong : {"a", "$.", "$[", "$[?(@.x=1)]", "$.a b", "$x", ""}) {
    EXPECT_FALSE(check_json_path(wrong).ok()) << wrong;
  }
}

TEST(Toolkit, PatternsAreThoseOfTheOriginalsLanguageAndEnd) {
  const std::string process = R"({"status":0,"stdout":"Error: 7\nfine","stderr":""})";
  const auto pattern = [](const std::string& text) {
    return R"({"type":"regex","target":"stdout","pattern":")" + text + "\"}";
  };
  EXPECT_TRUE(met(pattern("(?i)error: (?P<n>\\\\d)"), process));
  EXPECT_TRUE(met(pattern("fine$"), process));
  EXPECT_FALSE(met(pattern("^fine"), process));
  EXPECT_FALSE(check_tolerance(pattern("(")).ok());
  EXPECT_FALSE(check_tolerance(R"({"type":"regex"})").ok());
  EXPECT_FALSE(tolerated(R"({"type":"regex","pattern":"a"})", process).ok()) << "of no text";
  const std::string long_text(100'000, 'a');
  const auto endless =
      tolerated(pattern("(a+)+$"), R"({"status":0,"stdout":")" + long_text + "b\"}");
  EXPECT_FALSE(endless.ok() && *endless);
}

constexpr ExperimentFormat kYaml = ExperimentFormat::kYaml;

TEST(Toolkit, YamlIsReadAsItsSafeLoadersDo) {
  const auto json = yaml_to_json(
      "a: yes\nb: 'yes'\nc: 010\nd: 1e3\ne: 1.5\nf: ~\ng: [1, \"2\"]\nh: &x {k: v}\ni: *x\n"
      "j:\n  <<: *x\n  m: -3\n");
  ASSERT_TRUE(json.ok()) << json.error().detail;
  EXPECT_EQ(*json, R"({"a":true,"b":"yes","c":8,"d":"1e3","e":1.5,"f":null,"g":[1,"2"],)"
                   R"("h":{"k":"v"},"i":{"k":"v"},"j":{"m":-3,"k":"v"}})");
  const auto good = read_experiment(
      "title: t\nmethod:\n- type: action\n  name: n\n  provider: {type: process, path: 'true'}\n",
      environment(), kYaml);
  ASSERT_TRUE(good.ok()) << good.error().detail;
  EXPECT_EQ(good->method[0].path, "true");
}

TEST(Toolkit, YamlIsBounded) {
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 0; j < 9; ++j) laughs += ", " + before;
    laughs += "]\n";
  }
  const std::pair<std::string, std::string> kWrong[] = {
      {laughs, "too large"},
      {std::string(5000, '['), "too deep"},
      {"a: &a [*a]\n", ""},
      {"a: 1\na: 2\n", "line 2: the key \"a\" is there twice"},
      {"a: !!python/object:os.system x\n", "the tag"},
      {"a: 1\n---\nb: 2\n", "one document is needed"},
      {"a: [1\n", "no YAML"},
      {std::string(2 * 1024 * 1024, 'a'), "at most 1 MiB"},
      {"", "one document"}};
  for (const auto& [text, part] : kWrong) {
    const std::string said = refused(text, kYaml);
    EXPECT_NE(said, "accepted") << text.substr(0, 60);
    EXPECT_NE(said.find(part), std::string::npos) << said;
  }
}

}  // namespace
}  // namespace multiaz::chaos
