// Texts for other programs: the API's description, the schema of cluster.toml, the flowchart.
// To accept a change: MULTIAZ_REWRITE=1 build/debug/bin/test_orchestrator --gtest_filter='Printed*'
#include "orchestrator/api/api_doc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "orchestrator/plan/config.h"
#include "orchestrator/plan/plan.h"

namespace multiaz::orchestrator {
namespace {

void expect_file(const std::string& path, const std::string& actual) {
  if (std::getenv("MULTIAZ_REWRITE")) std::ofstream(path) << actual;
  std::ifstream file(path);
  std::ostringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(actual, expected.str()) << path;
}

TEST(Printed, EveryRouteIsDocumentedAndNothingElse) {
  auto routes = api_routes(), documented = documented_routes();
  std::sort(routes.begin(), routes.end());
  std::sort(documented.begin(), documented.end());
  EXPECT_EQ(routes, documented);
}

TEST(Printed, TheOpenApiDocumentIsTheOneInDocs) {
  expect_file("docs/openapi.json", openapi_json());
}

TEST(Printed, TheSchemaOfClusterTomlIsTheOneInExamples) {
  expect_file("examples/cluster.schema.json", config_schema_json());
}

TEST(Printed, ThePictureIsGolden) {
  Config config;
  config.zones = 2;
  config.web_count = 2;
  expect_file("tests/golden/plan/small.mmd", plan_to_mermaid(build_plan(config, 20)));
}

}  // namespace
}  // namespace multiaz::orchestrator
