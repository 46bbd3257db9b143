#include "base/http/router.h"

#include <gtest/gtest.h>

#include "base/rt/loop.h"

namespace multiaz::http {
namespace {

constexpr RoutePattern kRoutes[] = {
    {"GET", "/"},
    {"GET", "/api/products/:id"},
    {"GET", "/api/products/new"},
    {"DELETE", "/api/products/:id"},
    {"POST", "/api/carts/:cart/items/:item"},
    {"GET", "/static/*file"},
};

RouteMatch match(std::string_view method, std::string_view path) {
  return match_route(kRoutes, method, path);
}

TEST(Router, FindsTheMostLiteralRoute) {
  EXPECT_EQ(match("GET", "/").index, 0);
  EXPECT_EQ(match("GET", "/api/products/7").index, 1);
  EXPECT_EQ(match("GET", "/api/products/new").index, 2);
  EXPECT_EQ(match("DELETE", "/api/products/new").index, 3);
  EXPECT_EQ(match("HEAD", "/api/products/7").index, 1);
  EXPECT_EQ(match("GET", "/static/css/site.css").index, 5);
}

TEST(Router, CapturesDecodedOnce) {
  EXPECT_EQ(match("GET", "/api/products/a%2Fb").params.get("id"), "a/b");
  EXPECT_EQ(match("GET", "/api/products/100%2525").params.get("id"), "100%25");
  EXPECT_EQ(match("GET", "/static/a/b%20c").params.get("file"), "a/b c");
  const RouteMatch items = match("POST", "/api/carts/c1/items/i2");
  EXPECT_EQ(items.params.get("cart"), "c1");
  EXPECT_EQ(items.params.get("item"), "i2");
}

TEST(Router, KnowsWhatElseIsAllowed) {
  EXPECT_EQ(match("GET", "/nowhere").index, -1);
  EXPECT_EQ(match("GET", "/nowhere").allow, "");
  EXPECT_EQ(match("GET", "/api/products/").index, -1) << "a capture is never empty";
  EXPECT_EQ(match("GET", "/api/products/7/more").index, -1);
  EXPECT_EQ(match("PATCH", "/api/products/7").index, -1);
  EXPECT_EQ(match("PATCH", "/api/products/7").allow, "GET, HEAD, DELETE");
  EXPECT_EQ(match("GET", "/api/products/%zz").index, -1);

  Request request("PATCH", "/api/products/7");
  const Response wrong = no_route_response(request, match("PATCH", "/api/products/7"));
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("Allow"), "GET, HEAD, DELETE");
  request.method = "OPTIONS";
  EXPECT_EQ(no_route_response(request, match("OPTIONS", "/api/products/7")).status, 204);
  EXPECT_EQ(no_route_response(request, match("OPTIONS", "/nowhere")).status, 404);
}

struct Shop {
  int visits = 0;
};

rt::Task<Response> show(Shop& shop, Request request) {
  ++shop.visits;
  co_return text_response(200, std::string(request.param("id")));
}

constexpr Route<Shop> kShopRoutes[] = {{"GET", "/items/:id", show}};

rt::Task<int> visit() {
  const Router<Shop> router(kShopRoutes);
  Shop shop;
  Request request("GET", "/items/42?x=1");
  const Response found = co_await router.handle(shop, request);
  EXPECT_EQ(found.body, "42");
  request.target = "/nothing";
  const Response missing = co_await router.handle(shop, request);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(shop.visits, 1);
  co_return 0;
}

TEST(Router, CallsTheHandler) {
  EXPECT_EQ(rt::run(visit()), 0);
}

TEST(Message, ReadsCookiesFormsAndAccept) {
  Request request("POST", "/", "a=1&b=x+y");
  request.headers.add("Cookie", "one=1; two=2");
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  EXPECT_EQ(request.cookie("two"), "2");
  EXPECT_FALSE(request.cookie("three"));
  EXPECT_EQ(request.form()->get("b"), "x y");
  EXPECT_FALSE(request.wants_json());
  request.headers.set("Accept", "application/json, text/html");
  EXPECT_TRUE(request.wants_json());
  request.headers.set("Accept", "text/html, application/json");
  EXPECT_FALSE(request.wants_json());
  request.headers.set("Content-Type", "text/plain");
  EXPECT_FALSE(request.form().ok());
}

}  // namespace
}  // namespace multiaz::http
