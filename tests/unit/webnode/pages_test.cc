#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/http/router.h"
#include "webnode/api/routes.h"
#include "webnode/pages/embedded.h"
#include "webnode/pages/render.h"
#include "webnode/pages/routes.h"
#include "webnode/settings.h"

namespace multiaz::webnode {
namespace {

using nlohmann::json;

TEST(Templates, AllParseAndNoneRunsScripts) {
  size_t pages = 0;
  for (const EmbeddedFile& file : embedded_files()) {
    if (!file.name.ends_with(".html")) continue;
    ++pages;
    const std::string name(file.name.substr(0, file.name.size() - 5));
    const std::string html = render(name, json::object());
    EXPECT_EQ(html.find("<script"), std::string::npos) << name;
    EXPECT_EQ(html.find("style="), std::string::npos) << name << ": the policy forbids it";
    EXPECT_EQ(html.find("{{"), std::string::npos) << name;
  }
  EXPECT_GE(pages, 12u);
}

TEST(Templates, EscapeWhatTheyShow) {
  const std::string evil = "<b>\"'&";
  const json line = {{"line", evil}, {"product", 1}, {"name", evil}, {"size", evil},
                     {"qty", 1},     {"price", "x"}, {"sum", "x"},   {"image", "/images/1.svg"}};
  const json data = {
      {"lines", {line}}, {"total", evil}, {"csrf", evil}, {"notice", evil}, {"empty", false}};
  const std::string html = render("cart", data);
  EXPECT_EQ(html.find("<b>"), std::string::npos);
  EXPECT_NE(html.find("&lt;b&gt;&quot;&apos;&amp;"), std::string::npos);
}

TEST(Templates, EveryPostedFormCarriesItsToken) {
  for (const EmbeddedFile& file : embedded_files()) {
    size_t at = 0;
    const std::string text(file.text);
    while ((at = text.find("method=\"post\"", at)) != std::string::npos) {
      const std::string form = text.substr(at, text.find("</form>", at) - at);
      EXPECT_NE(form.find("name=\"csrf\" value=\"{{csrf}}\""), std::string::npos) << file.name;
      ++at;
    }
  }
}

TEST(Templates, AnEmptyTextIsNothing) {
  const json data = {{"order", "1"}, {"ship_to", ""}, {"date", "today"}};
  EXPECT_EQ(render("order", data).find("· to"), std::string::npos);
}

TEST(Texts, PricesAndDates) {
  EXPECT_EQ(price_text(5), "€0.05");
  EXPECT_EQ(price_text(1995), "€19.95");
  EXPECT_EQ(price_text(123456789), "€1,234,567.89");
  EXPECT_EQ(date_text(1795218506000), "20 November 2026, 23:48 UTC");
}

TEST(Routes, AreUniqueAndEachIsFound) {
  std::vector<http::RoutePattern> patterns;
  std::set<std::string> seen;
  for (const auto& table : {page_routes(), api_routes()}) {
    for (const WebRoute& route : table) {
      const std::string name = std::string(route.method) + " " + std::string(route.pattern);
      EXPECT_TRUE(seen.insert(name).second) << name;
      patterns.push_back(http::RoutePattern{route.method, route.pattern});
    }
  }
  const http::RouteMatch match = http::match_route(patterns, "PUT", "/api/cart/lines/a%2Fb");
  ASSERT_GE(match.index, 0);
  EXPECT_EQ(match.params.get("line"), "a/b");
  EXPECT_LT(http::match_route(patterns, "DELETE", "/api/cart").index, 0);
}

TEST(Settings, TheFirstInstanceOfTheFirstZoneCreatesTheTables) {
  EXPECT_EQ(schema_patience_ms("web-a1", "az-a"), 0u);
  EXPECT_LT(schema_patience_ms("web-a2", "az-a"), schema_patience_ms("web-b1", "az-b"));
  EXPECT_EQ(schema_patience_ms("", ""), 0u);
}

}  // namespace
}  // namespace multiaz::webnode
